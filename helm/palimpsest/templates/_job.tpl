{{/* The template of a Job: the service fills in name, labels, arguments, resources and what the task is told. */}}
{{- define "palimpsest.jobTemplate" -}}
{{- $jobs := .Values.jobs -}}
{{- $gpu := gt (int $jobs.gpus) 0 -}}
{{- $placement := dict "nodeSelector" $jobs.nodeSelector "tolerations" $jobs.tolerations "priorityClassName" $jobs.priorityClassName -}}
{{- if $gpu -}}
  {{- $_ := set $placement "nodeSelector" (merge (deepCopy $jobs.gpuNodeSelector) $jobs.nodeSelector) -}}
  {{- $_ := set $placement "tolerations" (concat $jobs.tolerations $jobs.gpuTolerations) -}}
  {{- $_ := set $placement "runtimeClassName" $jobs.gpuRuntimeClassName -}}
{{- end -}}
apiVersion: batch/v1
kind: Job
metadata:
  labels: {{- include "palimpsest.jobLabels" . | nindent 4 }}
spec:
  ttlSecondsAfterFinished: {{ $jobs.ttlSecondsAfterFinished }}
  activeDeadlineSeconds: {{ $jobs.activeDeadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "palimpsest.jobLabels" . | nindent 8 }}
        {{- with $jobs.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $jobs.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ include "palimpsest.fullname" . }}-jobs
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with include "palimpsest.pullSecrets" . | trim }}{{ . | nindent 6 }}{{ end }}
      securityContext: {{- include "palimpsest.podSecurity" . | nindent 8 }}
      terminationGracePeriodSeconds: {{ .Values.defaults.terminationGracePeriodSeconds }}
      {{- with include "palimpsest.placement" $placement | trim }}{{ . | nindent 6 }}{{ end }}
      containers:
        - name: palimpsest
          image: {{ include "palimpsest.jobsImage" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          {{- with include "palimpsest.secretRefs" (list .Values.store) | trim }}
          envFrom: {{- . | nindent 12 }}
          {{- end }}
          env:
            {{- merge (deepCopy $jobs.env) (include "palimpsest.secretKeys" (list .Values.store) | fromYaml) (include "palimpsest.settings" . | fromYaml) | include "palimpsest.env" | trim | nindent 12 }}
          securityContext: {{- include "palimpsest.containerSecurity" . | nindent 12 }}
          resources:
            requests: { ephemeral-storage: {{ $jobs.ephemeralStorage }} }
            limits: { ephemeral-storage: {{ $jobs.ephemeralStorage }} }
          volumeMounts:
            - { name: data, mountPath: /data }
            - { name: tmp, mountPath: /tmp }
            {{- with $jobs.volumeMounts }}{{ toYaml . | nindent 12 }}{{ end }}
      volumes:
        - { name: data, emptyDir: {} }
        - { name: tmp, emptyDir: {} }
        {{- with $jobs.volumes }}{{ toYaml . | nindent 8 }}{{ end }}
{{- end -}}
