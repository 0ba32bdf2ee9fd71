import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { goInstall, goModule } from './go-module.ts';
import { withProgress } from './progress.ts';

const HELM_VERSION = '4.3.1';
const KUBECONFORM_VERSION = '0.8.0';
/** The release whose API the chart's resources are checked against. */
export const KUBERNETES_VERSION = '1.34.2';

/** Names the machine's kind too: there are programs among it. */
const HELM_CACHE_KEY = `helm-${HELM_VERSION}-kubeconform-${KUBECONFORM_VERSION}-kubernetes-${KUBERNETES_VERSION}-${process.platform}-${process.arch}`;

export interface HelmPrograms {
  readonly helm: string;
  readonly kubeconform: string;
  /** Where kubeconform finds the JSON schemas of Kubernetes' resources (its option -schema-location). */
  readonly schemas: string;
}

/**
 * Helm, kubeconform, and Kubernetes' own schemas, which its OpenAPI document is made into; built the first time: a minute or
 * two. Throws when there is no go, or no network the first time, with the end of that command's output.
 */
export async function provisionHelm(): Promise<HelmPrograms> {
  const directory = await cached(HELM_CACHE_KEY, (building) =>
    withProgress(`building Helm ${HELM_VERSION} with Go (once; a minute or two)`, () => build(building)),
  );
  return {
    helm: join(directory, 'helm'),
    kubeconform: join(directory, 'kubeconform'),
    schemas: `${directory}/schemas/{{.ResourceKind}}{{.KindSuffix}}.json`,
  };
}

async function build(directory: string): Promise<void> {
  await goInstall([`helm.sh/helm/v4/cmd/helm@v${HELM_VERSION}`], directory);
  await goInstall([`github.com/yannh/kubeconform/cmd/kubeconform@v${KUBECONFORM_VERSION}`], directory);
  const source = await goModule(`k8s.io/kubernetes@v${KUBERNETES_VERSION}`, directory);
  const { definitions } = JSON.parse(readFileSync(join(source, 'api/openapi-spec/swagger.json'), 'utf8'));
  writeSchemas(definitions, join(directory, 'schemas'));
}

interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly additionalProperties?: Definition;
  readonly items?: Definition;
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

/** A file for each kind, under the name by which kubeconform asks for it, and one that all refer to. */
function writeSchemas(definitions: Readonly<Record<string, Definition>>, directory: string): void {
  mkdirSync(directory);
  const write = (name: string, content: object) =>
    writeFileSync(join(directory, name), JSON.stringify(content));
  write('definitions.json', {
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, definition]) => [name, strict(definition)]),
    ),
  });
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = definition['x-kubernetes-group-version-kind'] ?? [];
    if (kinds.length !== 1) continue; // the options of requests and their like, which are of every group
    const { group, version, kind } = kinds[0]!;
    const suffix = [group.split('.')[0], version].filter(Boolean).join('-');
    write(`${kind}-${suffix}.json`.toLowerCase(), { $ref: `definitions.json#/definitions/${name}` });
  }
}

/** As JSON Schema, and so that what a definition does not know is a mistake. */
function strict(definition: Definition): object {
  if (definition.format === 'int-or-string') return { type: ['integer', 'string'] };
  const of = (properties: Readonly<Record<string, Definition>>) =>
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, strict(property)]));
  return {
    ...definition,
    ...(definition.items && { items: strict(definition.items) }),
    ...(definition.properties && { properties: of(definition.properties), additionalProperties: false }),
    ...(definition.additionalProperties && { additionalProperties: strict(definition.additionalProperties) }),
  };
}
