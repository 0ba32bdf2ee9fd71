import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (script: string) =>
  promisify(execFile)('npm', ['run', '--silent', script], { cwd: root, maxBuffer: 2 ** 26 });

/** Name and version of all that an installation can have, on any platform. */
function production(): string[] {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
    packages: Record<string, { dev?: boolean; version: string }>;
  };
  const paths = Object.keys(packages).filter((path) => path !== '' && packages[path]!.dev !== true);
  return [
    ...new Set(paths.map((path) => `${path.split('node_modules/').at(-1)} ${packages[path]!.version}`)),
  ].sort();
}

it('npm run sbom names every library of the package, and no tool of its development', async () => {
  const { bomFormat, components } = JSON.parse((await run('sbom')).stdout) as {
    bomFormat: string;
    components: { name: string; version: string; hashes: object[] }[];
  };
  assert.equal(bomFormat, 'CycloneDX');
  assert.deepEqual(components.map(({ name, version }) => `${name} ${version}`).sort(), production());
  for (const { name, hashes } of components) assert.ok(hashes.length > 0, name);
});

it('npm run licences has an accepted licence for every one of them', async () => {
  const lines = (await run('licences')).stdout.trim().split('\n');
  assert.equal(lines.length, production().length);
});
