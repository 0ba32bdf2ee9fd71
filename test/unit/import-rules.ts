/** Which part of the code may import which: one table, and what reads the imports of a file. */
import { posix } from 'node:path';

/** The parts, and the parts each may import besides itself and `shared`. What is not here is forbidden. */
export const allowedArrows: Readonly<Record<Area, readonly Area[]>> = {
  shared: [],
  interface: ['server', 'admin'],
  cli: ['server', 'redirect', 'loadtest', 'sink'],
  server: ['redirect', 'sink', 'queue', 'admin', 'telemetry'],
  redirect: ['queue'],
  queue: [],
  sink: ['queue'],
  admin: ['queue', 'sink', 'telemetry'],
  telemetry: [],
  loadtest: ['decoder', 'kafkaOptions'],
  decoder: ['queue'],
  kafkaOptions: [],
};

/** Parts of a part, open to some who may not import the whole. */
const wholes: Readonly<Partial<Record<Area, Area>>> = {
  /** Pure functions that read records, with which the load test counts them. */
  decoder: 'queue',
  /** The one set of options for every Kafka client, also the load test's. */
  kafkaOptions: 'sink',
};

export type Area =
  | 'shared'
  | 'interface'
  | 'cli'
  | 'server'
  | 'redirect'
  | 'queue'
  | 'sink'
  | 'admin'
  | 'telemetry'
  | 'loadtest'
  | 'decoder'
  | 'kafkaOptions';

/** The first pattern that a file's path matches says its part. */
const areas: readonly (readonly [RegExp, Area])[] = [
  [/^src\/index\.ts$/, 'interface'],
  [/^src\/[^/]+\.ts$/, 'shared'],
  [
    /^src\/telemetry\/([a-z]+-names|names|prometheus-name|notes|sampler|settings|span-budget|traceparent|http-methods|histogram-cells)\.ts$/,
    'shared',
  ],
  [/^src\/telemetry\/(instrumentation-list|log-line|otlp-headers)\.ts$/, 'shared'],
  [/^src\/telemetry\/((request|sink|loop|own)-stats|metric-reading|exemplars)\.ts$/, 'shared'],
  [/^src\/telemetry\//, 'telemetry'],
  [/^src\/cli\//, 'cli'],
  [/^src\/server\/redirect\//, 'redirect'],
  [/^src\/server\/queue\/record-batch(-decoder)?\.ts$/, 'decoder'],
  [/^src\/server\/queue\//, 'queue'],
  [/^src\/server\/sink\/(kafka-options|oauth-[^/]+|backoff)\.ts$/, 'kafkaOptions'],
  [/^src\/server\/sink\//, 'sink'],
  [/^src\/server\/admin\//, 'admin'],
  [/^src\/server\//, 'server'],
  [/^loadtest\//, 'loadtest'],
];

/** Packages that only some files may import. */
const packages: readonly { readonly name: RegExp; readonly only: RegExp; readonly why: string }[] = [
  {
    name: /^@opentelemetry\//,
    only: /^(src\/telemetry\/|loadtest\/peers\/stock-otel-server\.ts$)/,
    why: 'OpenTelemetry is for src/telemetry alone: on the request path it costs more than the redirect',
  },
  {
    name: /^kafkajs\/src\//,
    only: /^src\/server\/sink\/kafkajs-internals\.ts$/,
    why: "kafkajs's inner modules are for kafkajs-internals.ts alone",
  },
];

/** Of the server, only the supervisor's files load telemetry: threads that answer or ship carry none of it. */
const MAY_LOAD_TELEMETRY = /^src\/(server\/(supervisor[^/]*\.ts|admin\/)|telemetry\/)/;

/** What a load test of a real server needs from the tests' own tools; not shipped with the server. */
const OUTSIDE = /^test\/support\//;

export const areaOf = (path: string): Area | undefined => areas.find(([pattern]) => pattern.test(path))?.[1];

/** Every module that a source names: static and dynamic imports, `require`, and files of worker threads. */
export function importsOf(source: string): string[] {
  const code = source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/^[ \t]*\/\/.*$/gm, '');
  const named = /(?:\bfrom|\bimport|\brequire|\brequire\.resolve)\s*\(?\s*(['"`])([^'"`\n]+)\1/g;
  const worker = /new URL\(\s*(['"`])(\.[^'"`\n]+\.[tj]s)\1,\s*import\.meta\.url/g;
  return [...code.matchAll(named), ...code.matchAll(worker)].map((match) => match[2]!);
}

/**
 * What is wrong with the imports of one file, a sentence each.
 * @param path from the repository's root, with slashes.
 */
export function violations(path: string, source: string): string[] {
  const from = areaOf(path);
  if (from === undefined) return [`${path} belongs to no part: name its folder in test/unit/import-rules.ts`];
  return importsOf(source).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      return packages
        .filter(({ name, only }) => name.test(specifier) && !only.test(path))
        .map(({ why }) => `${path} imports ${specifier}: ${why}`);
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (from === 'loadtest' && OUTSIDE.test(target)) return [];
    const to = areaOf(target);
    if (to === undefined) return [`${path} imports ${target}, which belongs to no part`];
    if (to === 'telemetry' && !MAY_LOAD_TELEMETRY.test(path)) {
      return [`${path} imports ${target}: only the supervisor and its admin load telemetry`];
    }
    const allowed = [from, 'shared', ...allowedArrows[from]];
    const whole = wholes[to];
    if (allowed.includes(to) || (whole !== undefined && allowed.includes(whole))) return [];
    return [`${path} imports ${target}: ${from} may not import ${to}`];
  });
}
