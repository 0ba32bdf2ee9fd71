/** `redirector loadtest` as a user runs it, and what must hold of its report. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LoadtestReport } from '../../loadtest/report.ts';
import { bin } from './bin.ts';

/** An environment without options of ours, with a folder for temporary files that is this test's alone. */
export function environment(t: TestContext): { env: NodeJS.ProcessEnv; temporary: string } {
  const temporary = mkdtempSync(join(tmpdir(), 'redirector-test-'));
  t.after(() => rmSync(temporary, { recursive: true, force: true }));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REDIRECTOR_'));
  return { env: { ...Object.fromEntries(inherited), TMPDIR: temporary }, temporary };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command; `ended` resolves with all that it printed. */
export function start(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, [bin, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, printed: () => stdout + stderr };
}

/** Runs it to its end, which must be one with a report. */
export async function loadtest(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv) {
  const { ended } = start(t, ['loadtest', ...args, '--json'], env);
  const { code, stdout, stderr } = await ended;
  assert.notEqual(stdout, '', stderr);
  return { code, report: JSON.parse(stdout) as LoadtestReport, stderr };
}

/** What a run says when the machine that the test runs on was busy with something else: true, and no fault of ours. */
export const BUSY_MACHINE = /answers a second were reached of|The load generator itself could not keep up/;

/** All that must hold of a run in which `count` requests were sent and all was well. */
export function assertPass(
  { code, report }: { code: number | null; report: LoadtestReport },
  count: number,
): void {
  assert.deepEqual(
    report.reasons.filter((reason) => !BUSY_MACHINE.test(reason)),
    [],
  );
  assert.equal(report.verdict, report.reasons.length === 0 ? 'pass' : 'fail');
  assert.equal(code, report.verdict === 'pass' ? 0 : 1);
  assert.equal(report.sent, count);
  assert.equal(report.answered, count);
  assert.equal(report.failed, 0);
}
