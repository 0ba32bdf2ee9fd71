/**
 * Which of OpenTelemetry's auto-instrumentations are on in the supervisor, and why. They see the admin API, what the
 * supervisor calls, and its runtime. No other thread loads any: on the request path they cost more than the redirect.
 * Loads nothing of OpenTelemetry.
 */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

type Environment = Readonly<Record<string, string | undefined>>;

export interface AutoInstrumentation {
  /** As OTEL_NODE_ENABLED_INSTRUMENTATIONS has it: the package's name without `@opentelemetry/instrumentation-`. */
  readonly name: InstrumentationName;
  readonly version: string;
  readonly on: boolean;
  /** What decided on that. */
  readonly why: string;
}

export const PREFIX = '@opentelemetry/instrumentation-';

/** Those that have something of the supervisor to watch, and what. The others of the bundle are not installed. */
const watched = {
  dns: 'look-ups of names that the supervisor calls',
  express: 'the routes of the admin API',
  http: 'requests to the admin API; of probes and scrapes only those with a traceparent',
  kafkajs: 'producers and consumers of kafkajs in the supervisor; it has no spans for control calls',
  net: 'connections that the supervisor opens',
  router: 'the router within Express',
  'runtime-node': "the supervisor's event loop, heap and garbage collection",
  undici: 'calls by fetch',
};
export type InstrumentationName = keyof typeof watched;

function versionOf(name: string): string {
  const manifest = readFileSync(findPackageJSON(PREFIX + name, import.meta.url)!, 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const named = (list: string | undefined): string[] => (list || '').split(',').map((name) => name.trim());

/** Every auto-instrumentation that is installed, with OTEL_NODE_ENABLED_INSTRUMENTATIONS and _DISABLED_ of `env`. */
export function instrumentationList(env: Environment): AutoInstrumentation[] {
  const { OTEL_NODE_ENABLED_INSTRUMENTATIONS: enabled, OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled } = env;
  const decide = (name: InstrumentationName): { on: boolean; why: string } => {
    if (named(disabled).includes(name)) return { on: false, why: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS' };
    if (enabled) return { on: named(enabled).includes(name), why: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS' };
    return { on: true, why: watched[name] };
  };
  return (Object.keys(watched) as InstrumentationName[]).map((name) => ({
    name,
    version: versionOf(name),
    ...decide(name),
  }));
}
