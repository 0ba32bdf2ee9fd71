/** What is said when a server must not start, with the checks that every such end has to pass. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { temporaryDirectory } from './guarded.ts';
import { type ServerOptions, startFails } from './server.ts';

export interface Refusal {
  /** The sentences, one for each mistake, without `redirector: `. */
  readonly problems: string[];
  /** What to do about them. */
  readonly hint: string;
}

/**
 * Starts a server that must not start. It ends with code 2, says only sentences and one hint, writes nothing to standard output and
 * makes no file in its folder.
 */
export async function refusal(options: ServerOptions): Promise<Refusal> {
  const cwd = options.cwd ?? temporaryDirectory('refused');
  const before = readdirSync(cwd);
  const { code, stdout, stderr } = await startFails({ ...options, cwd });
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  const hint = lines.pop() ?? '';
  assert.match(hint, /^ {2}\S.*\.$/);
  for (const line of lines) assert.match(line, /^redirector: \S.*[.?]$/);
  assert.deepEqual(
    readdirSync(cwd).filter((name) => !name.endsWith('.lock')),
    before.filter((name) => !name.endsWith('.lock')),
  );
  return { problems: lines.map((line) => line.slice('redirector: '.length)), hint: hint.trim() };
}
