{{- /* What cannot work is refused here, with a sentence, before anything is installed. */ -}}
{{- define "redirector.checks" -}}
{{- $root := . -}}
{{- $sink := include "redirector.option" (dict "root" . "key" "sink") -}}
{{- $mechanism := include "redirector.option" (dict "root" . "key" "sasl.mechanism") -}}
{{- $overflow := include "redirector.option" (dict "root" . "key" "queue.overflow") -}}
{{- $persistent := .Values.spool.persistence.enabled -}}

{{- range $key, $value := dict "sasl.password" "saslPassword" "sasl.oauth.clientSecret" "saslOauthClientSecret" "admin.token" "adminToken" -}}
{{- if include "redirector.option" (dict "root" $root "key" $key) -}}
{{- fail (printf "config.%s would stand in a ConfigMap for all to read: put it into a Secret, and name that in secrets.%s.name." $key $value) -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := include "redirector.derived" . | fromYaml -}}
{{- if include "redirector.option" (dict "root" $root "key" $key) -}}
{{- fail (printf "config.%s follows from other values (it is %v): leave it out." $key $value) -}}
{{- end -}}
{{- end -}}

{{- if not $sink -}}
{{- fail "config.sink is not given: kafka, spool or stdout." -}}
{{- end -}}
{{- if and (eq $sink "kafka") (not (include "redirector.brokers" .)) -}}
{{- fail "config.sink is kafka but config.brokers is not given: name them, such as [kafka-1:9092]." -}}
{{- end -}}
{{- if and (eq $sink "spool") (not $persistent) -}}
{{- fail "config.sink is spool, which would end with the pod: give it a volume with spool.persistence.enabled." -}}
{{- end -}}
{{- if and (eq $overflow "spool") (not $persistent) -}}
{{- fail "config.queue.overflow is spool, which would end with the pod: give it a volume with spool.persistence.enabled, which sets it." -}}
{{- end -}}
{{- if not (or (include "redirector.option" (dict "root" . "key" "target")) (include "redirector.rulesConfigMap" .)) -}}
{{- fail "Neither config.target nor rules is given: say where to redirect." -}}
{{- end -}}
{{- if and .Values.rules.configMap .Values.rules.inline -}}
{{- fail "rules.configMap and rules.inline are both given: there is one rules file." -}}
{{- end -}}
{{- if gt (len (toYaml .Values.rules.inline)) 1000000 -}}
{{- fail "rules.inline is more than a ConfigMap can hold (1 MB): put the file on a volume (extraVolumes) and name it in config.rules." -}}
{{- end -}}

{{- if and (has $mechanism (list "plain" "scram-sha-256" "scram-sha-512")) (not .Values.secrets.saslPassword.name) -}}
{{- fail (printf "config.sasl.mechanism is %s, so secrets.saslPassword.name must name a Secret." $mechanism) -}}
{{- end -}}
{{- if and .Values.config.admin (not (has (.Values.config.admin.host | default "127.0.0.1") (list "127.0.0.1" "::1" "localhost"))) (not .Values.secrets.adminToken.name) -}}
{{- fail "config.admin.host can be reached by others, so secrets.adminToken.name must name a Secret." -}}
{{- end -}}

{{- range $key := list "port" "health.port" -}}
{{- if has (include "redirector.option" (dict "root" $root "key" $key)) (list "" "0") -}}
{{- fail (printf "config.%s must be a port: Services and probes are made for it." $key) -}}
{{- end -}}
{{- end -}}
{{- if has (include "redirector.option" (dict "root" . "key" "health.host")) (list "" "127.0.0.1" "::1" "localhost") -}}
{{- fail "config.health.host must be an address that probes reach, such as 0.0.0.0." -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (ne (include "redirector.option" (dict "root" . "key" "health.metrics")) "true") -}}
{{- fail "serviceMonitor.enabled needs config.health.metrics: true." -}}
{{- end -}}

{{- if and .Values.autoscaling.enabled (not (or .Values.autoscaling.cpuUtilization .Values.autoscaling.requestsPerSecond)) -}}
{{- fail "autoscaling.enabled needs autoscaling.cpuUtilization or autoscaling.requestsPerSecond." -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts." -}}
{{- end -}}

{{- range .Values.extraEnv -}}
{{- if hasPrefix "REDIRECTOR_" .name -}}
{{- fail (printf "extraEnv has %s: options belong in config, and secret ones in secrets." .name) -}}
{{- end -}}
{{- end -}}

{{- $queue := include "redirector.bytes" (include "redirector.option" (dict "root" . "key" "queue.maxBytes") | default "64MiB") | int64 -}}
{{- with (.Values.resources.limits | default dict).memory -}}
{{- if lt (include "redirector.bytes" . | int64) (add $queue 268435456) -}}
{{- fail (printf "resources.limits.memory is %v, but it must hold config.queue.maxBytes and 256Mi for the program: at least %dMi." . (div (add $queue 268435456) 1048576)) -}}
{{- end -}}
{{- end -}}
{{- if $persistent -}}
{{- $spool := include "redirector.bytes" (include "redirector.option" (dict "root" . "key" "spool.maxBytes") | default "1GiB") | int64 -}}
{{- if lt (include "redirector.bytes" .Values.spool.persistence.size | int64) (div (mul $spool 5) 4) -}}
{{- fail (printf "spool.persistence.size is %v, but a spool of config.spool.maxBytes needs a quarter more than that: at least %dMi." .Values.spool.persistence.size (div (mul $spool 5) 4194304)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
