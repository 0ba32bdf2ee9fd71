/** What a load test is asked to do: the kinds of its flags' values, and what goes together. */
import { userError } from '../src/errors.ts';
import type { OptionType } from '../src/option-type.ts';
import { duration } from '../src/option-types.ts';
import { flagName } from '../src/options.ts';
import type { ExpectedStatuses } from './generator-types.ts';
import { REQUEST_PATH, type RequestKind } from './request-kinds.ts';
import type { Arrivals, Phase } from './schedule.ts';
import { isLoopback } from './target.ts';

const LONGEST_SECONDS = 24 * 3600;

function kind<T>(name: string, expects: string, parse: (raw: string) => T | undefined): OptionType<T> {
  const parseAny = (raw: unknown): T | undefined =>
    typeof raw === 'string' || typeof raw === 'number' ? parse(String(raw)) : undefined;
  return { name, expects, parse: parseAny, show: String };
}

/** Seconds: `30`, `30s`, `1m`; at most a day. */
export const runSeconds: OptionType<number> = kind(
  'duration',
  'seconds, or a time with its unit, such as 30, 500ms or 1m; more than 0, at most 1d',
  (raw) => {
    const milliseconds = duration.parse(/^\d+(\.\d+)?$/.test(raw) ? `${raw}s` : raw);
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
  (raw) => (REQUEST_PATH.test(raw) ? raw : undefined),
);

/** What a run must keep to, beyond what every run must. */
export interface Thresholds {
  readonly maxP99Ms: number | undefined;
  /** The share of the records that may be dropped, from 0 to 1. */
  readonly maxDrop: number;
  /** In place of the rate asked for. */
  readonly minRps: number | undefined;
}

export interface LoadtestSettings {
  /** The mean where there are `phases`; undefined with `max`. */
  readonly rps: number | undefined;
  readonly max: boolean;
  /** Without the warm-up. */
  readonly seconds: number;
  readonly phases: readonly Phase[] | undefined;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly warmupSeconds: number;
  /** What is requested; undefined: the path of the URL. */
  readonly requests: readonly RequestKind[] | undefined;
  readonly connections: number;
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  readonly path: string;
  readonly expect: ExpectedStatuses;
  readonly answerTimeoutMs: number;
  /** How long the queue may take to become quiet after the last answer. */
  readonly quietTimeoutMs: number;
  readonly trace: boolean;
  readonly thresholds: Thresholds;
  /** The p99 that the rate looked for must keep; undefined: no rate is looked for. */
  readonly findMaxP99Ms: number | undefined;
}

/** The flags of `redirector loadtest`, as they are parsed; undefined: not given. Times in ms but for those named otherwise. */
export interface LoadtestFlags {
  readonly rps?: number | undefined;
  readonly max: boolean;
  readonly findMax: boolean;
  readonly p99?: number | undefined;
  /** Seconds. */
  readonly step?: number | undefined;
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly count?: number | undefined;
  /** Seconds. */
  readonly warmup?: number | undefined;
  readonly arrivals?: Arrivals | undefined;
  readonly seed?: number | undefined;
  readonly connections?: number | undefined;
  readonly url?: string | undefined;
  readonly adminUrl?: string | undefined;
  readonly yes: boolean;
  readonly path?: string | undefined;
  /** The file's path. */
  readonly requests?: string | undefined;
  readonly trace: boolean;
  readonly expect: ExpectedStatuses;
  readonly maxP99?: number | undefined;
  readonly maxDrop?: number | undefined;
  readonly minRps?: number | undefined;
  readonly answerTimeout: number;
  readonly quietTimeout: number;
  /** A name or a file. */
  readonly case?: string | undefined;
}

export const defaults = {
  rps: 15_000,
  seconds: 30,
  connections: 64,
  seed: 1,
  /** Of a search for the highest rate. */
  search: { startRps: 1000, p99Ms: 5, stepSeconds: 5, warmupSeconds: 1 },
} as const;

/** Flags that do not go together: the first does not go with any of the others, for that reason. */
const conflicts: readonly (readonly [keyof LoadtestFlags, readonly (keyof LoadtestFlags)[], string])[] = [
  ['max', ['rps', 'count', 'findMax', 'arrivals', 'requests', 'trace'], 'goes as fast as it can, at no rate'],
  [
    'findMax',
    ['duration', 'count', 'maxP99', 'minRps'],
    'looks for a rate in steps of --step and judges by --p99',
  ],
  ['count', ['duration'], 'says how long the run is'],
  [
    'case',
    [
      ...([
        'rps',
        'max',
        'findMax',
        'count',
        'warmup',
        'arrivals',
        'seed',
        'connections',
        'url',
        'path',
      ] as const),
      ...(['requests', 'trace', 'maxP99', 'maxDrop', 'minRps'] as const),
    ],
    'says what is sent, to what and what is allowed',
  ],
  ['requests', ['path'], 'lists what is requested'],
];
/** Flags that say nothing without another. */
const needs: readonly (readonly [keyof LoadtestFlags, keyof LoadtestFlags, string])[] = [
  ['adminUrl', 'url', 'is of a server that is under test'],
  ['p99', 'findMax', 'is for the search of a rate (a run is judged by --max-p99)'],
  ['step', 'findMax', 'is for the search of a rate'],
];

const isGiven = (value: unknown): boolean => value !== undefined && value !== false;

/** A flag as it was given. */
function shown(name: keyof LoadtestFlags, value: unknown): string {
  const flag = `--${flagName(name)}`;
  return typeof value === 'string' || name === 'rps' || name === 'count' ? `${flag} ${value}` : flag;
}

/**
 * Checks what goes together, and fills in what was not given.
 * @param requests what --requests lists
 * @throws RedirectorError USAGE
 */
export function checkSettings(
  flags: LoadtestFlags,
  requests: readonly RequestKind[] | undefined,
): LoadtestSettings {
  const refuse = (reason: string): never => {
    throw userError('USAGE', { reason });
  };
  const name = (key: keyof LoadtestFlags): string => shown(key, flags[key]);
  for (const [first, others, why] of conflicts) {
    const other = isGiven(flags[first]) ? others.find((key) => isGiven(flags[key])) : undefined;
    if (other !== undefined) refuse(`${name(first)} ${why}, so it does not go with ${name(other)}.`);
  }
  for (const [key, needed, why] of needs) {
    if (isGiven(flags[key]) && !isGiven(flags[needed])) {
      refuse(`${name(key)} ${why}, so it needs --${flagName(needed)}.`);
    }
  }
  const { url, path, findMax, count } = flags;
  if (url !== undefined && path !== undefined) {
    refuse(`--path ${path} is for a server that the load test starts: put the path into --url.`);
  }
  if (url !== undefined && !isLoopback(url) && !flags.yes) {
    refuse(
      `--url ${url} is not on this machine. A load test can take a server down, so add --yes if it may be tested.`,
    );
  }
  const { search } = defaults;
  const rps = flags.max ? undefined : (flags.rps ?? (findMax ? search.startRps : defaults.rps));
  const seconds = findMax
    ? (flags.step ?? search.stepSeconds)
    : count === undefined
      ? (flags.duration ?? defaults.seconds)
      : count / rps!;
  if (seconds > LONGEST_SECONDS) refuse(`${name('count')} at ${rps} a second takes more than a day.`);
  return {
    rps,
    max: flags.max,
    seconds,
    phases: undefined,
    arrivals: flags.arrivals ?? 'even',
    seed: flags.seed ?? defaults.seed,
    warmupSeconds: flags.warmup ?? (findMax ? search.warmupSeconds : 0),
    requests,
    connections: flags.connections ?? defaults.connections,
    url,
    adminUrl: flags.adminUrl,
    path: path ?? '/',
    expect: flags.expect,
    answerTimeoutMs: flags.answerTimeout,
    quietTimeoutMs: flags.quietTimeout,
    trace: flags.trace,
    thresholds: { maxP99Ms: flags.maxP99, maxDrop: flags.maxDrop ?? 0, minRps: flags.minRps },
    findMaxP99Ms: findMax ? (flags.p99 ?? search.p99Ms) : undefined,
  };
}
