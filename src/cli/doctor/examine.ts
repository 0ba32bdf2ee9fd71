/** Runs every check of `redirector doctor`, all at once and each within a bound. */
import { knownError } from '../report-error.ts';
import { clock, collector } from './collector.ts';
import { configuration } from './configuration.ts';
import { type Check, type Finding, failed, failedBy, type NamedFinding, type Patient } from './finding.ts';
import { instrumentations } from './instrumentations.ts';
import { kafka } from './kafka.ts';
import { machineChecks } from './machine.ts';
import { ports } from './ports.ts';
import { spool } from './spool.ts';

/** In the order in which they are shown. */
const checks: readonly Check[] = [
  configuration,
  ...machineChecks,
  ports,
  kafka,
  spool,
  collector,
  clock,
  instrumentations,
];

/** For one check, in ms; a cluster that hangs at each step takes the longest. */
const DEADLINE_MS = 25_000;

/** Every finding, in the order of the checks. */
export async function examine(patient: Patient): Promise<NamedFinding[]> {
  const findings = await Promise.all(
    checks.map(async ({ name, run }) => {
      // One that fails in a way that nobody has foreseen must not hide what the others found.
      const result = (async () => run(patient))().catch((error: unknown) => failedBy(knownError(error)));
      const found = await within(DEADLINE_MS, result);
      return [found].flat().map((finding): NamedFinding => ({ check: name, ...finding }));
    }),
  );
  return findings.flat();
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | Finding> {
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => {
    const hint = 'Something answers, and too slowly: see what the other checks say of it.';
    resolve({ ...failed(`No result within ${milliseconds / 1000} s.`, hint), unreachable: true });
  }, milliseconds);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
