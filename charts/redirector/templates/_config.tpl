{{- /* The value of an option in `config` as text; nothing where it is not given. Takes root and key. */ -}}
{{- define "redirector.option" -}}
{{- $node := .root.Values.config -}}
{{- range splitList "." .key -}}
{{- $node = ternary (get (ternary $node dict (kindIs "map" $node)) .) nil (kindIs "map" $node) -}}
{{- end -}}
{{- if not (kindIs "invalid" $node) -}}{{ $node }}{{- end -}}
{{- end -}}

{{- /* The brokers of `config`, which has them as a list or as one text, as a text. */ -}}
{{- define "redirector.brokers" -}}
{{- $brokers := .Values.config.brokers | default "" -}}
{{- ternary (join "," $brokers) $brokers (kindIs "slice" $brokers) -}}
{{- end -}}

{{- /* A number and a unit as a whole number of the smallest one. */ -}}
{{- define "redirector.quantity" -}}
{{- $text := toString (.value | default 0) -}}
{{- $unit := regexReplaceAll "^[0-9.]+ ?" $text "" -}}
{{- mulf (regexFind "^[0-9.]+" $text | float64) (get .units $unit | default 1 | float64) | int64 -}}
{{- end -}}

{{- define "redirector.milliseconds" -}}
{{- include "redirector.quantity" (dict "value" . "units" (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000)) -}}
{{- end -}}

{{- /* Of sizes in options and of quantities of Kubernetes. */ -}}
{{- define "redirector.bytes" -}}
{{- $units := dict "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 "kB" 1000 "MB" 1000000 "GB" 1000000000 -}}
{{- $kubernetes := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- include "redirector.quantity" (dict "value" . "units" (merge $units $kubernetes)) -}}
{{- end -}}

{{- /* The drain takes shutdown.grace and shutdown.deadline, and up to 4 s to end: docs/operations.md. */ -}}
{{- define "redirector.terminationSeconds" -}}
{{- $grace := include "redirector.milliseconds" (include "redirector.option" (dict "root" . "key" "shutdown.grace")) -}}
{{- $deadline := include "redirector.milliseconds" (include "redirector.option" (dict "root" . "key" "shutdown.deadline") | default "10s") -}}
{{- add 5 (divf (add $grace $deadline) 1000 | ceil) -}}
{{- end -}}

{{- /* Options that follow from other values, by key. */ -}}
{{- define "redirector.derived" -}}
{{- with .Values.secrets.signingKeys }}{{ if .name }}
signing.keys: /etc/redirector/signing-keys/{{ .key }}
{{- end }}{{ end }}
{{- with .Values.secrets.kafkaTls }}{{ if .name }}
tls.enabled: true
{{- if .ca }}
tls.ca: /etc/redirector/kafka-tls/{{ .ca }}
{{- end }}
{{- if .cert }}
tls.cert: /etc/redirector/kafka-tls/{{ .cert }}
{{- end }}
{{- if .key }}
tls.key: /etc/redirector/kafka-tls/{{ .key }}
{{- end }}
{{- end }}{{ end }}
{{- with .Values.secrets.https }}{{ if .name }}
https.cert: /etc/redirector/https/{{ .cert }}
https.key: /etc/redirector/https/{{ .key }}
{{- end }}{{ end }}
{{- if include "redirector.rulesConfigMap" . }}
rules: /etc/redirector/rules/rules.yaml
{{- end }}
{{- if .Values.spool.persistence.enabled }}
spool.path: /var/lib/redirector/spool.db
{{- if ne (include "redirector.option" (dict "root" . "key" "sink")) "spool" }}
queue.overflow: spool
{{- end }}
{{- end }}
{{- end -}}

{{- define "redirector.configFile" -}}
{{ toYaml .Values.config }}
{{- include "redirector.derived" . }}
{{- end -}}
