{{/* Variables are made as a mapping, so that no name can come twice; later ones win. */}}

{{/* What every process is told. @returns YAML mapping */}}
{{- define "palimpsest.settings" -}}
{{- $settings := dict "DATA_DIR" "/data" "HTTP_HOST" "0.0.0.0" "HTTP_PORT" "7315" -}}
{{- with .Values.store.url }}{{ $_ := set $settings "STORE_URL" . }}{{ end -}}
{{- range $name, $value := .Values.settings }}{{ $_ := set $settings $name $value }}{{ end -}}
{{ toYaml $settings }}
{{- end }}

{{/* What a service is told beside the settings. @param root, service, parts (whom it talks to) @returns YAML mapping */}}
{{- define "palimpsest.serviceEnvironment" -}}
{{- $own := include "palimpsest.secretKeys" .parts | fromYaml -}}
{{- $_ := set $own "CONCURRENCY" (.service.concurrency | toString) -}}
{{- with .root.Values.bus.url }}{{ $_ := set $own "BUS_URL" . }}{{ end -}}
{{- if has "api" .service.runs -}}
  {{- $own = mergeOverwrite $own (include "palimpsest.databaseEnvironment" .root | fromYaml) -}}
  {{- if eq .root.Values.jobs.kind "kubernetes" }}{{ $_ := set $own "GPUS_PER_JOB" (.root.Values.jobs.gpus | toString) }}{{ end -}}
{{- end -}}
{{- if has "training" .service.runs }}{{ $_ := set $own "JOBS_URL" (include "palimpsest.jobsUrl" .root) }}{{ end -}}
{{- range $name, $value := .service.env }}{{ $_ := set $own $name $value }}{{ end -}}
{{ toYaml $own }}
{{- end }}

{{/* Where the database is; a Secret without the URL that it must have keeps the pod from starting. @returns YAML mapping */}}
{{- define "palimpsest.databaseEnvironment" -}}
{{- with .Values.database -}}
  {{- if .url -}}
    {{ toYaml (dict "DATABASE_URL" .url) }}
  {{- else if .existingSecret -}}
    {{- $key := get .secretKeys "DATABASE_URL" | default "DATABASE_URL" -}}
    {{ toYaml (dict "DATABASE_URL" (dict "valueFrom" (dict "secretKeyRef" (dict "name" .existingSecret "key" $key)))) }}
  {{- else -}}
    {}
  {{- end -}}
{{- end -}}
{{- end }}

{{- define "palimpsest.jobsUrl" -}}
{{- if eq .Values.jobs.kind "process" -}}
process:
{{- else -}}
kubernetes:?namespace={{ .Release.Namespace }}&template=/etc/palimpsest/job.yaml&name={{ include "palimpsest.jobsName" . }}&owner={{ include "palimpsest.fullname" . }}-job
{{- with .Values.jobs.gpuResource }}{{ if ne . "nvidia.com/gpu" }}&gpuResource={{ . }}{{ end }}{{ end }}
{{- with .Values.jobs.queue }}&queue={{ . }}{{ end }}
{{- with int .Values.jobs.gangSeconds }}&gangSeconds={{ . }}{{ end }}
{{- end -}}
{{- end }}

{{/* `env` of a container out of a mapping: values, or `{ valueFrom: … }`. */}}
{{- define "palimpsest.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
{{- if kindIs "map" $value }}
{{ toYaml $value | indent 2 }}
{{- else }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Secrets of those whom a process talks to: whole ones for `envFrom`, and for those whose keys have names of their own a
mapping of variables.
@param list of `bus`, `store` and `database`
*/}}
{{- define "palimpsest.secretRefs" -}}
{{- $names := list -}}
{{- range . }}{{ if and .existingSecret (not .secretKeys) }}{{ $names = append $names .existingSecret }}{{ end }}{{ end -}}
{{- range uniq $names }}
- secretRef: { name: {{ . }} }
{{- end }}
{{- end }}

{{- define "palimpsest.secretKeys" -}}
{{- $variables := dict -}}
{{- range $part := . -}}
  {{- range $variable, $key := $part.secretKeys -}}
    {{- $reference := dict "name" $part.existingSecret "key" $key -}}
    {{- $_ := set $variables $variable (dict "valueFrom" (dict "secretKeyRef" $reference)) -}}
  {{- end -}}
{{- end -}}
{{ toYaml $variables }}
{{- end }}
