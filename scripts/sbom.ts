/**
 * `npm run sbom`: what an installed package consists of, for all platforms, as CycloneDX by npm itself. `npm run licences`: the
 * licence of each part as lines of tab-separated values; exits 1 when one is not among those that are accepted.
 *
 * npm is given a lock file of the production tree alone: its own `--omit dev` also leaves out what both trees share.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** All of them permit use and redistribution with Apache-2.0, and ask for no more than their notice. */
const ACCEPTED = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Python-2.0',
  'Unlicense',
  '(MIT AND Zlib)',
];

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly expression?: string;
    readonly license?: { readonly id?: string; readonly name?: string };
  }[];
}

const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

function sbom(): string {
  const { devDependencies: _, ...manifest } = json('package.json');
  const { packages, ...lock } = json('package-lock.json') as { packages: Record<string, { dev?: boolean }> };
  const { '': own, ...rest } = packages;
  const production = Object.entries(rest).filter(([, { dev }]) => dev !== true);
  const directory = mkdtempSync(join(tmpdir(), 'redirector-sbom-'));
  try {
    const write = (name: string, content: object) =>
      writeFileSync(join(directory, name), JSON.stringify(content));
    write('package.json', manifest);
    const whole = { ...own, devDependencies: {} };
    write('package-lock.json', { ...lock, packages: { '': whole, ...Object.fromEntries(production) } });
    return execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function licenceOf({ licenses = [] }: Component): string {
  const [first] = licenses;
  return first?.expression ?? first?.license?.id ?? first?.license?.name ?? 'none';
}

const document = sbom();
if (!process.argv.includes('--licences')) process.stdout.write(document);
else {
  for (const component of (JSON.parse(document) as { components: Component[] }).components) {
    const licence = licenceOf(component);
    console.log([component.name, component.version, licence].join('\t'));
    if (ACCEPTED.includes(licence)) continue;
    console.error(
      `${component.name} ${component.version} has the licence ${licence}, which scripts/sbom.ts does not accept.`,
    );
    process.exitCode = 1;
  }
}
