{{/* What stands in the URLs of broker, store and database. */}}

{{- define "palimpsest.brokers" -}}
{{ regexReplaceAll "[/?].*$" (trimPrefix "kafka://" .Values.bus.url) "" }}
{{- end }}

{{/* What stands before the names of topics and groups. */}}
{{- define "palimpsest.topicPrefix" -}}
{{ regexFind "[?&]prefix=[^&]*" .Values.bus.url | regexFind "[^=]*$" }}
{{- end }}

{{/* @returns YAML list under `ports` */}}
{{- define "palimpsest.busPorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "palimpsest.brokers" .) -}}
  {{- $ports = append $ports (int (default "9092" (regexFind "[0-9]+$" (regexFind ":[0-9]+$" .)))) -}}
{{- end -}}
{{ toYaml (dict "ports" (uniq $ports)) }}
{{- end }}

{{- define "palimpsest.storePort" -}}
{{- $endpoint := regexReplaceAll "%3A" (regexFind "endpoint=[^&]*" .Values.store.url) ":" -}}
{{ default (contains "endpoint=http:" $endpoint | ternary "80" "443") (regexFind "[0-9]+$" (regexFind ":[0-9]+/?$" $endpoint | trimSuffix "/")) }}
{{- end }}

{{- define "palimpsest.databasePort" -}}
{{- $authority := regexReplaceAll "[/?].*$" (regexReplaceAll "^[a-z]+://" .Values.database.url "") "" -}}
{{ default "5432" (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $authority)) }}
{{- end }}
