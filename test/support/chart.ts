/** The Helm chart, rendered: what `helm install` would send to Kubernetes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { temporaryDirectory } from './guarded.ts';
import { provisionHelm } from './helm-provision.ts';

export const chart = fileURLToPath(new URL('../../charts/redirector', import.meta.url));

const run = promisify(execFile);
const folder = temporaryDirectory('chart');

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly EnvironmentEntry[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: object;
}

export interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly emptyDir?: object;
}

export interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly Volume[];
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: object;
}

export interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: of every kind
  readonly spec: any;
}

/** Runs helm. Rejects with what it said. */
export async function helm(...args: string[]): Promise<string> {
  const programs = await provisionHelm();
  const { stdout } = await run(programs.helm, args, { maxBuffer: 2 ** 26 });
  return stdout;
}

/** The least that an install needs. */
export const leastValues = { config: { target: 'https://example.com/', brokers: ['kafka:9092'] } };
export const withLeast = (values: object): object => ({ ...leastValues, ...values });

/** The YAML of every resource, hooks included, for values beside those of values.yaml. */
export function render(values: object): Promise<string> {
  const file = join(mkdtempSync(join(folder, 'values-')), 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return helm('template', 'clicks', chart, '--namespace', 'web', '--values', file);
}

export const resourcesOf = (yaml: string): Resource[] =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS() as Resource | null)
    .filter((resource) => resource !== null);

/** The pods that resources ask for: the server's, and the topic's job. */
export const podsOf = (resources: readonly Resource[]): Pod[] =>
  resources.filter(({ spec }) => spec?.template !== undefined).map(({ spec }) => spec.template as Pod);
