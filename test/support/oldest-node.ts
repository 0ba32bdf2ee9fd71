/** The oldest Node that the package asks for, as npm has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { runGuarded } from './guarded.ts';
import { withProgress } from './progress.ts';

const manifest = new URL('../../package.json', import.meta.url);
const platform = `${process.platform}-${process.arch}`;

/** Its program; downloaded the first time (about 30 MB). Throws when that cannot be. */
export async function oldestNode(): Promise<string> {
  const { engines } = JSON.parse(readFileSync(manifest, 'utf8')) as { engines: { node: string } };
  const version = `${engines.node.replace('>=', '')}.0`;
  const library = `node-${platform}`;
  const directory = await cached(`node-${version}-${platform}`, (building) =>
    withProgress(`downloading Node ${version} with npm (once)`, () =>
      runGuarded(
        'npm',
        ['install', '--prefix', building, '--no-audit', '--no-fund', `${library}@${version}`],
        {
          cwd: building,
          log: join(building, 'npm.log'),
        },
      ),
    ),
  );
  return join(directory, 'node_modules', library, 'bin/node');
}
