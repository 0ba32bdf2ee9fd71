/** What a check of `redirector doctor` finds, and what it is given. */
import type { Config } from '../../config.ts';
import { exitCode, RedirectorError } from '../../errors.ts';

export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  readonly outcome: Outcome;
  /** What was found, a sentence or more. */
  readonly found: string;
  /** What to do about it, where something is to be done. */
  readonly hint?: string;
  /** Something outside cannot be reached, and nothing here is wrong. */
  readonly unreachable?: boolean;
}

/** With the name of the check that found it. */
export type NamedFinding = Finding & { readonly check: string };

export interface Patient {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A check changes nothing, and is over in some seconds. */
export interface Check {
  readonly name: string;
  run(patient: Patient): Finding | Finding[] | Promise<Finding | Finding[]>;
}

export const ok = (found: string): Finding => ({ outcome: 'ok', found });
export const skipped = (found: string): Finding => ({ outcome: 'skipped', found });
export const warning = (found: string, hint: string): Finding => ({ outcome: 'warning', found, hint });
export const failed = (found: string, hint: string): Finding => ({ outcome: 'failed', found, hint });

/** An error of the catalogue as a finding. Throws any other. */
export function failedBy(error: unknown): Finding {
  if (!(error instanceof RedirectorError)) throw error;
  const { message, hint, exit } = error;
  return { ...failed(message, hint), unreachable: exit === exitCode.unreachable };
}
