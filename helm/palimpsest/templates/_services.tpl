{{/*
The Deployments of this release, by component: each service, or in `mode: single` one that runs them all. Each is the
defaults with what the service says, and `runs`, the services in its pod.
@returns YAML mapping
*/}}
{{- define "palimpsest.deployments" -}}
{{- $deployments := dict -}}
{{- range $name, $own := .Values.services -}}
  {{- if not (kindIs "invalid" $own) -}}
    {{- $service := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $own) (dict "runs" (list $name)) -}}
    {{- $_ := set $deployments $name $service -}}
  {{- end -}}
{{- end -}}
{{- if eq .Values.mode "single" -}}
  {{- $all := mergeOverwrite (deepCopy .Values.defaults) (deepCopy .Values.single) (dict "runs" (keys $deployments | sortAlpha)) -}}
  {{- $deployments = dict "all" $all -}}
{{- end -}}
{{ toYaml $deployments }}
{{- end }}

{{/* Whether a Deployment keeps its data in the pod: only one pod may have them. */}}
{{- define "palimpsest.embedded" -}}
{{- if and (eq .Values.mode "single") (not (and .Values.database.url .Values.store.url)) }}yes{{ end -}}
{{- end }}

{{/* The component that answers as `api`. */}}
{{- define "palimpsest.apiComponent" -}}
{{ eq .Values.mode "single" | ternary "all" "api" }}
{{- end }}

{{/* Whether this release starts Jobs. */}}
{{- define "palimpsest.startsJobs" -}}
{{- if and (eq .Values.jobs.kind "kubernetes") .Values.services.training }}yes{{ end -}}
{{- end }}
