/** Whether the real things that a test needs can be had on this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { composeSchema } from './compose-schema.ts';
import { provisionHelm } from './helm-provision.ts';
import { provisionJaeger } from './jaeger-provision.ts';
import { provisionKafka } from './kafka-provision.ts';
import { oldestNode } from './oldest-node.ts';
import { say } from './progress.ts';
import { provisionPrometheus } from './prometheus-provision.ts';
import { askRun, isSharedRun } from './shared-run.ts';

export const REAL_PARTS = [
  'kafka',
  'jaeger',
  'prometheus',
  'helm',
  'compose-schema',
  'oldest-node',
  'kcat',
  'openssl',
  'chromium',
] as const;
export type RealPart = (typeof REAL_PARTS)[number];

const provision: Record<RealPart, () => Promise<unknown>> = {
  kafka: provisionKafka,
  jaeger: provisionJaeger,
  prometheus: provisionPrometheus,
  helm: provisionHelm,
  'compose-schema': composeSchema,
  'oldest-node': oldestNode,
  kcat: () => installed('kcat', '-V'),
  openssl: () => installed('openssl', 'version'),
  chromium: () => installed('chromium', '--version'),
};

async function installed(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(program, args).catch(() => {
    throw new Error(`${program} is not installed (Debian: apt-get install ${program})`);
  });
}

/**
 * The `skip` option of tests that need these parts: false when all can be had (they are downloaded or built now if need be),
 * else the reason. With CI=true a part that cannot be had is an error: there, a skipped test would hide a broken server.
 *
 *     describe('shipping', { skip: await realPart('kafka', 'kcat') }, () => { ... });
 */
export async function realPart(...parts: RealPart[]): Promise<string | false> {
  for (const part of parts) {
    const missing = isSharedRun()
      ? await askRun<string | false>(`/missing/${part}`)
      : await missingReason(part);
    if (missing === false) continue;
    if (process.env.CI === 'true') throw new Error(`CI needs the real ${part}: ${missing}`);
    return `no real ${part}: ${missing.split('\n')[0]}`;
  }
  return false;
}

const reasons = new Map<RealPart, Promise<string | false>>();

/** Why a part cannot be had, or false. Tries once for each part, and says once, loudly, what follows from it. */
export function missingReason(part: RealPart): Promise<string | false> {
  const known = reasons.get(part);
  if (known !== undefined) return known;
  const reason = provision[part]().then(
    () => false as const,
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const consequence = process.env.CI === 'true' ? 'CI FAILS' : 'TESTS ARE SKIPPED';
      say(`!!! ${consequence}: the real ${part} cannot be had: ${message.replaceAll('\n', ' | ')}`);
      return message;
    },
  );
  reasons.set(part, reason);
  return reason;
}
