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
  readonly name: string;
  readonly version: string;
  readonly on: boolean;
  /** What decided on that. */
  readonly why: string;
}

export const PREFIX = '@opentelemetry/instrumentation-';
const BUNDLE = '@opentelemetry/auto-instrumentations-node';

/** Decided by default; those that are not here are off. */
const decided: Readonly<Record<string, { readonly on: boolean; readonly why: string }>> = {
  dns: { on: true, why: 'look-ups of names that the supervisor calls' },
  express: { on: true, why: 'the routes of the admin API' },
  http: { on: true, why: 'requests to the admin API; of probes and scrapes only those with a traceparent' },
  kafkajs: {
    on: true,
    why: 'producers and consumers of kafkajs in the supervisor; it has no spans for control calls',
  },
  net: { on: true, why: 'connections that the supervisor opens' },
  router: { on: true, why: 'the router within Express' },
  'runtime-node': { on: true, why: "the supervisor's event loop, heap and garbage collection" },
  undici: { on: true, why: 'calls by fetch' },
  fs: { on: false, why: 'a span for each file operation costs much and tells little' },
  grpc: { on: false, why: 'only the export itself speaks it' },
  'host-metrics': { on: false, why: 'figures of the machine are for an agent of its own' },
  pino: { on: false, why: 'the log adds trace ids, and exports its events, by itself' },
};
const ABSENT = { on: false, why: 'nothing of it is in the program' };

const manifest = (name: string, from: string | URL): { version: string; dependencies: object } =>
  JSON.parse(readFileSync(findPackageJSON(name, from)!, 'utf8'));

const named = (list: string | undefined): string[] => (list || '').split(',').map((name) => name.trim());

/** Every auto-instrumentation that is installed, with OTEL_NODE_ENABLED_INSTRUMENTATIONS and _DISABLED_ of `env`. */
export function instrumentationList(env: Environment): AutoInstrumentation[] {
  const { OTEL_NODE_ENABLED_INSTRUMENTATIONS: enabled, OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled } = env;
  const bundle = findPackageJSON(BUNDLE, import.meta.url)!;
  const decide = (name: string): { on: boolean; why: string } => {
    if (named(disabled).includes(name)) return { on: false, why: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS' };
    if (enabled) return { on: named(enabled).includes(name), why: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS' };
    return decided[name] ?? ABSENT;
  };
  return Object.keys(manifest(BUNDLE, import.meta.url).dependencies)
    .filter((dependency) => dependency.startsWith(PREFIX))
    .map((dependency) => {
      const name = dependency.slice(PREFIX.length);
      return { name, version: manifest(dependency, bundle).version, ...decide(name) };
    });
}
