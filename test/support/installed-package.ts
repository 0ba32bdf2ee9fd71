/** The package as its users have it: packed, and installed in an empty folder with the libraries of our lock file. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from './bin.ts';
import { runGuarded, temporaryDirectory } from './guarded.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Lock {
  packages: Record<string, { dev?: boolean; [key: string]: unknown }>;
}

export interface InstalledPackage {
  readonly directory: string;
  /** Paths of the files that were packed. */
  readonly files: readonly string[];
  /** Of a shell in which this Node is the only one. */
  readonly env: NodeJS.ProcessEnv;
}

export async function installPackage(): Promise<InstalledPackage> {
  const directory = temporaryDirectory('package');
  const env = {
    ...cleanEnvironment(),
    PATH: [dirname(process.execPath), process.env.PATH].join(':'),
  };
  const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', directory], {
    cwd: root,
    env,
  });
  const [packed] = Object.values(JSON.parse(stdout) as object) as {
    filename: string;
    files: { path: string }[];
  }[];
  const { filename, files } = packed!;
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { redirector: `file:${filename}` } }),
  );
  writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lockOf(filename)));
  await runGuarded('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: directory,
    log: join(directory, 'npm.log'),
    env,
  });
  return { directory, files: files.map(({ path }) => path), env };
}

/** Our lock file as that of a folder in which the package is installed: the registry need not be asked what there is. */
function lockOf(filename: string): Lock {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const { '': own, ...packages } = lock.packages;
  const { version, dependencies, bin, engines } = own!;
  const file = `file:${filename}`;
  const libraries = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  return {
    ...lock,
    packages: {
      '': { dependencies: { redirector: file } },
      'node_modules/redirector': { version, resolved: file, dependencies, bin, engines },
      ...Object.fromEntries(libraries),
    },
  };
}
