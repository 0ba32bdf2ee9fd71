{{- define "redirector.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- /* Short enough for what is put behind it. */ -}}
{{- define "redirector.fullname" -}}
{{- $name := include "redirector.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "redirector.instance" -}}
app.kubernetes.io/name: {{ include "redirector.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* The pods that answer, and no others: the topic's job has another component. */ -}}
{{- define "redirector.selector" -}}
{{ include "redirector.instance" . }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "redirector.labels" -}}
{{ include "redirector.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "redirector.image" -}}
{{- $tag := printf ":%s" (.Values.image.tag | default .Chart.AppVersion) -}}
{{- .Values.image.repository }}{{ ternary (printf "@%s" .Values.image.digest) $tag (ne .Values.image.digest "") -}}
{{- end -}}

{{- define "redirector.serviceAccount" -}}
{{- ternary (include "redirector.fullname" .) (.Values.serviceAccount.name | default "default") .Values.serviceAccount.create -}}
{{- end -}}

{{- define "redirector.rulesConfigMap" -}}
{{- .Values.rules.configMap | default (ternary (printf "%s-rules" (include "redirector.fullname" .)) "" (ne (len .Values.rules.inline) 0)) -}}
{{- end -}}

{{- define "redirector.workload" -}}
{{- ternary "StatefulSet" "Deployment" .Values.spool.persistence.enabled -}}
{{- end -}}

{{- /* The port of the Service, by name. */ -}}
{{- define "redirector.portName" -}}
{{- ternary "https" "http" (ne .Values.secrets.https.name "") -}}
{{- end -}}
