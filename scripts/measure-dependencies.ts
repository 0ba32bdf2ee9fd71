/**
 * `npm run sizes`: measures the libraries that are installed here and writes scripts/docs/dependency-sizes.json, which
 * docs/dependencies.md shows. Needed after a change of dependencies.
 */
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DependencySizes } from './docs/dependencies-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Entry {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
  packages: Record<string, Entry>;
};

/** The folder from which `from` gets a library; undefined where it is not installed, as it is for another platform. */
function folderOf(name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[folder] !== undefined)
      return globSync(folder, { cwd: root }).length > 0 ? folder : undefined;
    if (at === '') return undefined;
  }
}

/** A library with everything that it needs. */
function treeOf(folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  const { dependencies, optionalDependencies } = packages[folder]!;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const other = folderOf(name, folder);
    if (other !== undefined) treeOf(other, found);
  }
  return found;
}

const bytesOf = (folder: string): number =>
  globSync('**/*', { cwd: root + folder, exclude: ['**/node_modules/**'] })
    .map((path) => statSync(`${root}${folder}/${path}`))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);

const sizes = new Map<string, number>();
const sizeOf = (folders: Iterable<string>): number => {
  let sum = 0;
  for (const folder of folders) {
    if (!sizes.has(folder)) sizes.set(folder, bytesOf(folder));
    sum += sizes.get(folder)!;
  }
  return sum;
};

const whole = new Set<string>();
const direct: DependencySizes['direct'] = {};
for (const name of Object.keys(packages['']!.dependencies!)) {
  const folder = folderOf(name, '')!;
  const tree = treeOf(folder);
  for (const part of tree) whole.add(part);
  direct[name] = {
    version: packages[folder]!.version,
    bytes: sizeOf([folder]),
    packages: tree.size,
    treeBytes: sizeOf(tree),
  };
}
const measured: DependencySizes = {
  date: new Date().toISOString().slice(0, 10),
  platform: `${process.platform} ${process.arch}`,
  packages: whole.size,
  bytes: sizeOf(whole),
  direct,
};
writeFileSync(`${root}scripts/docs/dependency-sizes.json`, `${JSON.stringify(measured, null, 2)}\n`);
