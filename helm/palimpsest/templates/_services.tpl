{{/*
The Deployments of this release, by component: each service, or in `mode: single` one that runs them all. Each is the
defaults with what the service says, and `runs`, the services in its pod.
@returns YAML mapping
*/}}
{{- define "palimpsest.deployments" -}}
{{- $deployments := dict -}}
{{- range $name, $own := .Values.services -}}
  {{- if not (kindIs "invalid" $own) -}}
    {{- $of := dict "root" $ "own" $own "runs" (list $name) -}}
    {{- $_ := set $deployments $name (include "palimpsest.deployment" $of | fromYaml) -}}
  {{- end -}}
{{- end -}}
{{- if eq .Values.mode "single" -}}
  {{- $of := dict "root" . "own" .Values.single "runs" (keys $deployments | sortAlpha) -}}
  {{- $deployments = dict "all" (include "palimpsest.deployment" $of | fromYaml) -}}
{{- end -}}
{{ toYaml $deployments }}
{{- end }}

{{/* @param root, own (what it says instead of the defaults; nothing of a kind takes the default away), runs */}}
{{- define "palimpsest.deployment" -}}
{{- $deployment := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy .own) (dict "runs" .runs) -}}
{{- range list "autoscaling" "keda" "disruptionBudget" -}}
  {{- if or (empty (get $deployment .)) (and (hasKey $.own .) (empty (get $.own .))) }}{{ $_ := set $deployment . dict }}{{ end -}}
{{- end -}}
{{ toYaml $deployment }}
{{- end }}

{{/* Whether a Deployment keeps its data in the pod: only one pod may have them. */}}
{{- define "palimpsest.embedded" -}}
{{- $outside := and (hasPrefix "s3:" .Values.store.url) (include "palimpsest.databaseServer" .) -}}
{{- if and (eq .Values.mode "single") (not $outside) }}yes{{ end -}}
{{- end }}

{{/* Whether the database is a server's. Without a URL among the values the Secret must have it. */}}
{{- define "palimpsest.databaseServer" -}}
{{- if .Values.database.url -}}
  {{- if hasPrefix "postgres:" .Values.database.url }}yes{{ end -}}
{{- else if .Values.database.existingSecret -}}
yes
{{- end -}}
{{- end }}

{{/* The component that answers as `api`. */}}
{{- define "palimpsest.apiComponent" -}}
{{ eq .Values.mode "single" | ternary "all" "api" }}
{{- end }}

{{/* Whether this release starts Jobs. */}}
{{- define "palimpsest.startsJobs" -}}
{{- if and (eq .Values.jobs.kind "kubernetes") .Values.services.training }}yes{{ end -}}
{{- end }}
