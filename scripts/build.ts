/**
 * `npm run build`: makes dist/, which a published package runs: JavaScript, declarations and source maps by tsc, and
 * beside them the files that are read at run time. Of the load test without what compares Redirector with others.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const typescript = fileURLToPath(
  import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'),
);

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [typescript, '--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
const files = globSync(['src/**/*', 'loadtest/**/*'], {
  cwd: root,
  exclude: ['loadtest/{bench,peers,proof}/**'],
  withFileTypes: true,
})
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
  .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(root.length));
for (const file of files) cpSync(`${root}${file}`, `${root}dist/${file}`);
