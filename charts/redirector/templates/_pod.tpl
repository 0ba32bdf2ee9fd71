{{- define "redirector.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ include "redirector.serviceAccount" . }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  # The user of the image.
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "redirector.containerSecurity" -}}
image: {{ include "redirector.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- /* What every command needs, also those that somebody runs in the pod. */ -}}
{{- define "redirector.baseEnv" -}}
- name: REDIRECTOR_CONFIG
  value: /etc/redirector/config/redirector.yaml
{{- range $name, $secret := dict "REDIRECTOR_SASL_PASSWORD" .Values.secrets.saslPassword "REDIRECTOR_SASL_OAUTH_CLIENT_SECRET" .Values.secrets.saslOauthClientSecret "REDIRECTOR_ADMIN_TOKEN" .Values.secrets.adminToken }}
{{- if $secret.name }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret.name }}
      key: {{ $secret.key }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "redirector.env" -}}
{{- include "redirector.baseEnv" . }}
{{- with .Values.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- range $name, $path := dict "POD_NAMESPACE" "metadata.namespace" "POD_NAME" "metadata.name" "NODE_NAME" "spec.nodeName" }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME),k8s.node.name=$(NODE_NAME)
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Whole folders, so that what changes in a ConfigMap or Secret gets there. */ -}}
{{- define "redirector.mounts" -}}
- { name: config, mountPath: /etc/redirector/config, readOnly: true }
{{- if include "redirector.rulesConfigMap" . }}
- { name: rules, mountPath: /etc/redirector/rules, readOnly: true }
{{- end }}
{{- if .Values.secrets.signingKeys.name }}
- { name: signing-keys, mountPath: /etc/redirector/signing-keys, readOnly: true }
{{- end }}
{{- if .Values.secrets.kafkaTls.name }}
- { name: kafka-tls, mountPath: /etc/redirector/kafka-tls, readOnly: true }
{{- end }}
{{- if .Values.secrets.https.name }}
- { name: https, mountPath: /etc/redirector/https, readOnly: true }
{{- end }}
- { name: tmp, mountPath: /tmp }
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "redirector.volumes" -}}
- name: config
  configMap:
    name: {{ include "redirector.fullname" . }}
{{- with include "redirector.rulesConfigMap" . }}
- name: rules
  configMap:
    name: {{ . }}
{{- end }}
{{- range $name, $secret := dict "signing-keys" .Values.secrets.signingKeys "kafka-tls" .Values.secrets.kafkaTls "https" .Values.secrets.https }}
{{- if $secret.name }}
- name: {{ $name }}
  secret:
    secretName: {{ $secret.name }}
    defaultMode: 0440
{{- end }}
{{- end }}
- name: tmp
  emptyDir: { sizeLimit: 16Mi }
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "redirector.pod" -}}
metadata:
  labels:
    {{- include "redirector.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Pods are replaced when the configuration changes; rules are read again without that.
    checksum/config: {{ include "redirector.configFile" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "redirector.podSecurity" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ include "redirector.terminationSeconds" . }}
  containers:
    - name: redirector
      {{- include "redirector.containerSecurity" . | nindent 6 }}
      args: [serve]
      env:
        {{- include "redirector.env" . | nindent 8 }}
      ports:
        - { name: {{ include "redirector.portName" . }}, containerPort: {{ int .Values.config.port }} }
        - { name: health, containerPort: {{ int .Values.config.health.port }} }
      # No preStop: with shutdown.grace the server goes on serving after SIGTERM, while /readyz says 503.
      startupProbe:
        httpGet: { path: /livez, port: health }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /livez, port: health }
        periodSeconds: 10
        timeoutSeconds: 5
      # Without Kafka redirects are answered all the same, so it is not asked for.
      readinessProbe:
        httpGet: { path: /readyz, port: health }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "redirector.mounts" . | nindent 8 }}
        {{- if .Values.spool.persistence.enabled }}
        - { name: spool, mountPath: /var/lib/redirector }
        {{- end }}
  volumes:
    {{- include "redirector.volumes" . | nindent 4 }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ toYaml . | nindent 6 | trim }}
      labelSelector:
        matchLabels:
          {{- include "redirector.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
{{- end -}}
