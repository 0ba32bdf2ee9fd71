/**
 * Plays the terminal session of docs/quick-start.md: each `text` block of the page is a command behind "$" and what is seen.
 * `npm run docs:session` writes what is seen now into the page; a test compares its shape.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../test/support/bin.ts';
import { freePort } from '../test/support/free-port.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const BLOCK = /^```text\n(?:\$ )?(.*)\n([\s\S]*?)^```$/gm;

export interface Step {
  /** As it is typed, "^C" for an interrupt. */
  readonly command: string;
  readonly seen: string;
}

export const stepsOf = (page: string): Step[] =>
  [...page.matchAll(BLOCK)].map(([, command, seen]) => ({ command: command!, seen: seen! }));

/** The page with what was seen in its blocks. */
export function withSeen(page: string, steps: readonly Step[]): string {
  let next = 0;
  return page.replace(BLOCK, (_, command: string) => {
    const prompt = command === '^C' ? '' : '$ ';
    return `\`\`\`text\n${prompt}${command}\n${steps[next++]!.seen}\`\`\``;
  });
}

/** Runs the commands one after another as in one terminal, with another one for the server. */
export async function play(commands: readonly string[]): Promise<Step[]> {
  const folder = mkdtempSync(join(tmpdir(), 'redirector-session-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = {
    ...cleanEnvironment(),
    NODE: process.execPath,
    BIN: join(root, 'bin/redirector.js'),
    REDIRECTOR_PORT: String(port),
    REDIRECTOR_ADMIN_PORT: String(adminPort),
    REDIRECTOR_LOG_LEVEL: 'warn',
  };
  const asRead = (seen: string): string =>
    seen.replaceAll(`:${port}`, ':8080').replaceAll(`:${adminPort}`, ':8081').replaceAll('\r', '');
  // What `npm start` runs, without what npm says of itself.
  const start = [env.BIN, 'serve', '--config', join(root, 'examples/start.yaml')];
  let server: ReturnType<typeof serve> | undefined;
  const serve = () => {
    const child = spawn(process.execPath, start, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return { child, said: text(child.stdout) };
  };
  try {
    const steps: Step[] = [];
    for (const command of commands) {
      let seen: string;
      if (command === 'npm start') {
        server = serve();
        seen = await started(server.child.stderr);
      } else if (command === '^C') {
        server?.child.kill('SIGINT');
        seen = (await server?.said) ?? '';
      } else {
        const line = command.replaceAll(':8080', `:${port}`);
        const shell = `npx() { shift; "$NODE" "$BIN" "$@"; }\n${line}`;
        const child = spawn('/bin/sh', ['-c', shell], {
          cwd: folder,
          env,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        seen = await text(child.stdout);
      }
      steps.push({ command, seen: asRead(seen).replace(/\n*$/, '\n') });
    }
    return steps;
  } finally {
    if (server?.child.exitCode === null && server.child.signalCode === null) {
      server.child.kill('SIGKILL');
      await once(server.child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a server says until it tells how to try it. */
async function started(stderr: Readable): Promise<string> {
  let said = '';
  for await (const chunk of stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (/try it: .*\n/.test(said)) break;
  }
  stderr.resume();
  return said;
}
