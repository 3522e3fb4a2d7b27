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
{{- $endpoint := regexReplaceAll "(?i)%2f" (regexReplaceAll "(?i)%3a" (regexFind "endpoint=[^&]*" .Values.store.url) ":") "/" -}}
{{ default (contains "endpoint=http:" $endpoint | ternary "80" "443") (regexFind "[0-9]+$" (regexFind ":[0-9]+/?$" $endpoint | trimSuffix "/")) }}
{{- end }}

{{/* As the program looks for it. @returns YAML list under `ports` */}}
{{- define "palimpsest.databasePorts" -}}
{{- $authority := regexReplaceAll "[/?].*$" (regexReplaceAll "^[a-z]+://" .Values.database.url "") "" -}}
{{- $own := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $authority) -}}
{{- $asked := regexFind "[0-9]+$" (regexFind "[?&]port=[0-9]+" .Values.database.url) -}}
{{- $port := coalesce $own $asked (get .Values.settings "PGPORT" | toString) "5432" -}}
{{ toYaml (dict "ports" (default (list (int $port)) .Values.networkPolicy.databasePorts)) }}
{{- end }}
