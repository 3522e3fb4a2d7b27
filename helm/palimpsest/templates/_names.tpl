{{- define "palimpsest.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters, so that the longest suffix fits a label, and no dots, which a Service's name may not have. */}}
{{- define "palimpsest.fullname" -}}
{{- $name := include "palimpsest.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ include "palimpsest.cut" (dict "name" (default $both .Values.fullnameOverride | replace "." "-") "length" 40) }}
{{- end }}

{{/* A name of so many characters at most; of a longer one the end tells it from others. @param name, length */}}
{{- define "palimpsest.cut" -}}
{{- $kept := sub .length 7 | int -}}
{{ gt (len .name) (int .length) | ternary (printf "%s-%s" (.name | trunc $kept | trimSuffix "-") (.name | sha256sum | trunc 6)) .name }}
{{- end }}

{{- define "palimpsest.selectorLabels" -}}
app.kubernetes.io/name: {{ include "palimpsest.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of a resource. @param root, component */}}
{{- define "palimpsest.labels" -}}
{{ include "palimpsest.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: palimpsest
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What the names of Jobs begin with, and what tells those of two releases apart; the program takes 22 characters. */}}
{{- define "palimpsest.jobsName" -}}
{{ include "palimpsest.cut" (dict "name" (include "palimpsest.fullname" .) "length" 22) }}
{{- end }}

{{/* The labels by which the program finds its Jobs and their pods. */}}
{{- define "palimpsest.jobLabels" -}}
app.kubernetes.io/name: palimpsest
app.kubernetes.io/instance: {{ include "palimpsest.jobsName" . }}
app.kubernetes.io/component: job
{{- end }}

{{/* Where an image lies. @param image (repository, tag, digest), version, which stands for no tag */}}
{{- define "palimpsest.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .version .image.tag }}
{{- end -}}
{{- end }}

{{- define "palimpsest.servicesImage" -}}
{{ include "palimpsest.image" (dict "image" .Values.image "version" .Chart.AppVersion) }}
{{- end }}

{{- define "palimpsest.jobsImage" -}}
{{- $own := .Values.jobs.image -}}
{{- $image := merge (dict "repository" (default .Values.image.repository $own.repository)) $own -}}
{{- $image = or $own.repository $own.tag $own.digest | empty | ternary .Values.image $image -}}
{{ include "palimpsest.image" (dict "image" $image "version" .Chart.AppVersion) }}
{{- end }}
