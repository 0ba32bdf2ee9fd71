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
  readonly $ref?: string;
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

/** A file for each kind, under the name by which kubeconform asks for it, with all that it refers to. */
function writeSchemas(definitions: Readonly<Record<string, Definition>>, directory: string): void {
  mkdirSync(directory);
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = definition['x-kubernetes-group-version-kind'] ?? [];
    if (kinds.length !== 1) continue; // the options of requests and their like, which are of every group
    const { group, version, kind } = kinds[0]!;
    const suffix = [group.split('.')[0], version].filter(Boolean).join('-');
    const needed: Record<string, object> = {};
    collect(name, definitions, needed);
    const file = join(directory, `${kind}-${suffix}.json`.toLowerCase());
    writeFileSync(file, JSON.stringify({ $ref: `${REFERENCE}${name}`, definitions: needed }));
  }
}

const REFERENCE = '#/definitions/';

/** A definition and those that it refers to, and so on. */
function collect(
  name: string,
  all: Readonly<Record<string, Definition>>,
  into: Record<string, object>,
): void {
  if (name in into) return;
  into[name] = {}; // one that refers to itself is asked for again meanwhile
  into[name] = strict(all[name]!, (reference) => collect(reference.slice(REFERENCE.length), all, into));
}

/** As JSON Schema, and so that what a definition does not know is a mistake. Tells what it refers to. */
function strict(definition: Definition, refer: (reference: string) => void): object {
  if (definition.$ref !== undefined) refer(definition.$ref);
  if (definition.format === 'int-or-string') return { type: ['integer', 'string'] };
  const { items, properties, additionalProperties } = definition;
  return {
    ...definition,
    ...(items && { items: strict(items, refer) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, property]) => [key, strict(property, refer)]),
      ),
      additionalProperties: false,
    }),
    ...(additionalProperties && { additionalProperties: strict(additionalProperties, refer) }),
  };
}
