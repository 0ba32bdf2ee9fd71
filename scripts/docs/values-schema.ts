/** charts/redirector/values.schema.json: what the chart takes, its `config` from the option table. */
import type { JsonSchema } from '../../src/json-schema.ts';
import { optionKeys, optionOf } from '../../src/options.ts';

interface Schema extends JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** A map with these keys and no others. */
const map = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});
const text: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean' };
const object: Schema = { type: 'object' };
const texts: Schema = { type: 'object', additionalProperties: text };
const objects: Schema = { type: 'array', items: object };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
const count: Schema = { type: 'integer', minimum: 1 };
const percent: Schema = { type: 'string', pattern: '^[0-9]+%$' };
const label: Schema = { type: 'string', pattern: '^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$' };
const quantity: Schema = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?([kMGT]|[KMGT]i)?$' };
const oneOf = (...values: string[]): Schema => ({ enum: values });
/** Empty means that it is not given. */
const orEmpty = (schema: Schema): Schema => ({ anyOf: [{ enum: [''] }, schema] });
const secret: Schema = map({ name: text, key: { type: 'string', minLength: 1 } });
const monitor = { enabled: boolean, labels: texts };

/** The options as nested maps. */
function config(): Schema {
  const root: Record<string, Schema> = {};
  for (const key of optionKeys) {
    const names = key.split('.');
    const last = names.pop()!;
    let properties = root;
    for (const name of names) {
      properties[name] ??= map({});
      properties = properties[name].properties as Record<string, Schema>;
    }
    const { type, help } = optionOf(key);
    properties[last] = { description: help, ...type.json };
  }
  return map(root);
}

const values = map({
  global: object,
  image: map({
    repository: { type: 'string', minLength: 1 },
    tag: text,
    digest: orEmpty({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }),
    pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  }),
  imagePullSecrets: objects,
  nameOverride: label,
  fullnameOverride: label,
  replicas: { type: 'integer', minimum: 0 },
  config: config(),
  rules: map({ inline: object, configMap: text }),
  secrets: map({
    saslPassword: secret,
    saslOauthClientSecret: secret,
    adminToken: secret,
    signingKeys: secret,
    kafkaTls: map({ name: text, ca: text, cert: text, key: text }),
    https: map({ name: text, cert: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } }),
  }),
  otlpEndpoint: orEmpty({ type: 'string', pattern: '^https?://[^/]+' }),
  extraEnv: { type: 'array', items: { type: 'object', required: ['name'] } },
  extraVolumes: objects,
  extraVolumeMounts: objects,
  spool: map({
    persistence: map({
      enabled: boolean,
      size: quantity,
      storageClass: text,
      accessMode: oneOf('ReadWriteOnce', 'ReadWriteOncePod'),
    }),
  }),
  topic: map({
    create: boolean,
    partitions: count,
    replicationFactor: orEmpty(count),
    retention: orEmpty({ type: 'string', pattern: '^[0-9]+(ms|s|m|h|d)$' }),
  }),
  service: map({
    type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
    port: orEmpty(port),
    externalTrafficPolicy: oneOf('', 'Cluster', 'Local'),
    loadBalancerClass: text,
    annotations: texts,
  }),
  ingress: map({
    enabled: boolean,
    className: text,
    annotations: texts,
    hosts: { type: 'array', items: { type: 'string', minLength: 1 } },
    tls: objects,
  }),
  autoscaling: map({
    enabled: boolean,
    minReplicas: count,
    maxReplicas: count,
    cpuUtilization: orEmpty(count),
    requestsPerSecond: orEmpty(count),
    requestsMetric: { type: 'string', minLength: 1 },
  }),
  podDisruptionBudget: map({ enabled: boolean, maxUnavailable: { anyOf: [count, percent] } }),
  serviceMonitor: map({ ...monitor, interval: { type: 'string', pattern: '^[0-9]+(s|m)$' } }),
  prometheusRule: map(monitor),
  dashboard: map(monitor),
  networkPolicy: map({ enabled: boolean, from: objects, metricsFrom: objects, extraEgress: objects }),
  serviceAccount: map({ create: boolean, name: text, annotations: texts }),
  resources: object,
  topologySpreadConstraints: objects,
  podAnnotations: texts,
  podLabels: texts,
  nodeSelector: texts,
  tolerations: objects,
  affinity: object,
  priorityClassName: text,
});

/** In draft 7, which every Helm knows. */
export const valuesSchema = (): string =>
  `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Values of the Redirector chart',
      ...values,
    },
    null,
    2,
  )}\n`;
