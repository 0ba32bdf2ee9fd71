/** A rendered pod in an image without a container: its volumes as the kubelet lays them out, and its environment. */
import { chmodSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EnvironmentEntry, PodSpec, Resource } from './chart.ts';
import type { Image } from './image.ts';

/** The data of Secrets, by name. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Puts data where a ConfigMap or Secret is mounted, as the kubelet does: the files are links through `..data`, which is replaced in
 * one step, so that all change at once.
 */
export function project(folder: string, data: Readonly<Record<string, string>>): void {
  const version = mkdtempSync(join(folder, '..version-'));
  chmodSync(version, 0o755); // for a user who is not root
  for (const [name, text] of Object.entries(data)) writeFileSync(join(version, name), text);
  const link = join(folder, '..data');
  symlinkSync(basename(version), `${link}_tmp`);
  renameSync(`${link}_tmp`, link);
  for (const name of Object.keys(data)) {
    const file = join(folder, name);
    symlinkSync(`..data/${name}`, `${file}_new`);
    renameSync(`${file}_new`, file);
  }
}

/** Mounts the volumes of a pod; gives the folder of each by name. */
export function mountVolumes(
  image: Image,
  { containers: [{ volumeMounts }], volumes }: PodSpec,
  resources: readonly Resource[],
  secrets: Secrets,
): Map<string, string> {
  const folders = new Map<string, string>();
  for (const { name, mountPath } of volumeMounts) {
    const { configMap, secret } = volumes.find((volume) => volume.name === name) ?? {};
    const folder = image.volume(mountPath);
    folders.set(name, folder);
    const data =
      configMap === undefined
        ? secrets[secret?.secretName ?? '']
        : resources.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name)
            ?.data;
    if (data !== undefined) project(folder, mapValues(data, image.within));
    else if (configMap ?? secret) throw new Error(`nothing has the data of volume ${name}`);
  }
  return folders;
}

/** A container's environment. What the pod knows of itself stands as the name of its field. */
export const environmentOf = (
  entries: readonly EnvironmentEntry[],
  secrets: Secrets,
): Record<string, string> =>
  Object.fromEntries(
    entries.map(({ name, value, valueFrom }) => {
      const reference = valueFrom?.secretKeyRef;
      const secret = reference && secrets[reference.name]?.[reference.key];
      if (reference !== undefined && secret === undefined)
        throw new Error(`there is no Secret ${reference.name}`);
      return [name, value ?? secret ?? valueFrom!.fieldRef!.fieldPath];
    }),
  );

const mapValues = (data: Readonly<Record<string, string>>, change: (text: string) => string) =>
  Object.fromEntries(Object.entries(data).map(([name, text]) => [name, change(text)]));
