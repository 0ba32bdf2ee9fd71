/** What a load test is asked to do: the kinds of its flags' values, and what goes together. */
import { z } from 'zod';
import { userError } from '../src/errors.ts';
import { duration, type OptionType } from '../src/option-types.ts';
import type { ExpectedStatuses } from './generator-types.ts';
import { isLoopback } from './target.ts';

const LONGEST_SECONDS = 24 * 3600;

function kind<T>(name: string, expects: string, parse: (raw: string) => T | undefined): OptionType<T> {
  const schema = z.unknown().transform((raw, context) => {
    const value = typeof raw === 'string' || typeof raw === 'number' ? parse(String(raw)) : undefined;
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'not allowed' });
    return z.NEVER;
  });
  return { name, expects, schema: schema as unknown as z.ZodType<T>, show: String };
}

/** Seconds: `30`, `30s`, `1m`; at most a day. */
export const runSeconds: OptionType<number> = kind(
  'duration',
  'seconds, or a time with its unit, such as 30, 500ms or 1m; more than 0, at most 1d',
  (raw) => {
    const milliseconds = duration.schema.safeParse(/^\d+(\.\d+)?$/.test(raw) ? `${raw}s` : raw).data;
    if (milliseconds === undefined) return undefined;
    const seconds = milliseconds / 1000;
    return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
  },
);

/** `3xx`, `301`, `301,302`, `2xx,404`. */
export const statuses: OptionType<ExpectedStatuses> = {
  ...kind(
    'statuses',
    'statuses or classes of them, such as 301, 3xx or 2xx,404',
    (raw): ExpectedStatuses | undefined => {
      const ranges: [number, number][] = [];
      for (const item of raw.split(',')) {
        if (/^[2-5]xx$/.test(item)) ranges.push([Number(item[0]) * 100, Number(item[0]) * 100 + 99]);
        else if (/^[2-5]\d\d$/.test(item)) ranges.push([Number(item), Number(item)]);
        else return undefined;
      }
      return ranges;
    },
  ),
  show: (ranges) => ranges.map(([from, to]) => (from === to ? `${from}` : `${from / 100}xx`)).join(','),
};

/** The path and query to request. */
export const requestPath: OptionType<string> = kind(
  'path',
  'a path that begins with / and has no spaces or control characters',
  (raw) => (/^\/[\x21-\x7e]*$/.test(raw) ? raw : undefined),
);

export interface LoadtestSettings {
  /** Undefined with `max`. */
  readonly rps: number | undefined;
  readonly max: boolean;
  readonly seconds: number;
  readonly connections: number;
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  readonly path: string;
  readonly expect: ExpectedStatuses;
  readonly answerTimeoutMs: number;
  /** How long the queue may take to become quiet after the last answer. */
  readonly quietTimeoutMs: number;
  readonly trace: boolean;
  readonly yes: boolean;
}

const DEFAULT_RPS = 15_000;

/**
 * Checks what goes together, and fills in the rate.
 * @throws RedirectorError USAGE
 */
export function checkSettings(settings: LoadtestSettings): LoadtestSettings {
  const refuse = (reason: string): never => {
    throw userError('USAGE', { reason });
  };
  const { rps, max, url, adminUrl, path, yes, trace } = settings;
  if (max && rps !== undefined) {
    refuse(`--max goes as fast as it can, so it does not go with --rps ${rps}: give one of them.`);
  }
  if (max && trace) {
    refuse('--trace goes with a rate: give --rps instead of --max.');
  }
  if (adminUrl !== undefined && url === undefined) {
    refuse(`--admin-url ${adminUrl} is of a server that is under test, so it needs --url.`);
  }
  if (url !== undefined && path !== '/') {
    refuse(`--path ${path} is for a server that the load test starts: put the path into --url.`);
  }
  if (url !== undefined && !isLoopback(url) && !yes) {
    refuse(
      `--url ${url} is not on this machine. A load test can take a server down, so add --yes if it may be tested.`,
    );
  }
  return { ...settings, rps: max ? undefined : (rps ?? DEFAULT_RPS) };
}
