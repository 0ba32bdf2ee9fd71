/** A file of what requests are expected to get, and how that differs from what they get. */
import { readFileSync } from 'node:fs';
import { CORE_SCHEMA, load } from 'js-yaml';
import { z } from 'zod';
import { reasonOf, userError } from '../../errors.ts';
import type { OptionType } from '../../option-type.ts';
import { header, httpMethod, ipAddress, moment, pathOrUrl } from '../../option-types.ts';
import { lineFinder, pathText } from '../../server/redirect/rule-file.ts';
import type { Trial, TrialRequest } from '../../server/redirect/rule-trial.ts';

/** What one request is expected to get; what is left out is not looked at. */
interface Expected {
  readonly status?: number | undefined;
  /** Null: none. */
  readonly location?: string | null | undefined;
  /** The name of the rule; null: none decides. */
  readonly rule?: string | null | undefined;
}

export interface Expectation {
  /** Of the file, from 1. */
  readonly line: number | undefined;
  readonly request: TrialRequest;
  readonly expected: Expected;
}

/** A value as an option of the command line would take it. */
const as = <T>({ parse, expects }: OptionType<T>) =>
  z.unknown().transform((raw, context) => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `is not ${expects}` });
    return z.NEVER;
  });

/** A map of names to values, as those of --header. */
const headers = z
  .record(z.string(), z.string('is not text'), 'is not a map of headers')
  .transform((map): unknown[] => Object.entries(map).map(([name, value]) => `${name}:${value}`))
  .pipe(z.array(as(header)))
  .transform((pairs) => Object.fromEntries(pairs));

const item = z.strictObject(
  {
    url: as(pathOrUrl),
    method: as(httpMethod).optional(),
    headers: headers.optional(),
    address: as(ipAddress).optional(),
    at: as(moment).optional(),
    status: z.int('is not a status').optional(),
    location: z.string('is not text or null').nullable().optional(),
    rule: z.string('is not text or null').nullable().optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has ${issue.keys.join(', ')}, which it cannot have`
        : 'is not a map of keys',
  },
);

const fileSchema = z.array(item, 'is not a list').min(1, 'is an empty list');

/**
 * Reads a file of expectations.
 * @param defaults what a request has that does not say otherwise
 * @throws RedirectorError EXPECTATIONS_INVALID with every mistake and its line
 */
export function readExpectations(path: string, defaults: Omit<TrialRequest, 'url'>): Expectation[] {
  const invalid = (reason: string): Error => userError('EXPECTATIONS_INVALID', { path, reason });
  let text: string;
  let data: unknown;
  try {
    text = readFileSync(path, 'utf8');
    data = load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    throw invalid(reasonOf(error));
  }
  const lineOf = lineFinder(text);
  const parsed = fileSchema.safeParse(data);
  if (!parsed.success) {
    const told = parsed.error.issues.map(({ path: place, message }) => {
      const line = lineOf(place);
      return `${place.length === 0 ? 'the file' : pathText(place)} ${message}${line === undefined ? '' : ` (line ${line})`}`;
    });
    throw invalid(told.join('; '));
  }
  return parsed.data.map(({ url, headers: own = {}, method, address, at, ...expected }, index) => ({
    line: lineOf([index]),
    request: {
      url,
      method: method ?? defaults.method,
      headers: { ...defaults.headers, ...own },
      address: address ?? defaults.address,
      now: at ?? defaults.now,
    },
    expected,
  }));
}

/** What differs, a phrase each; none when all is as expected. */
export function differences({ status, location, rule }: Expected, trial: Trial): string[] {
  const found: string[] = [];
  if (status !== undefined && status !== trial.status) found.push(`status is ${trial.status}, not ${status}`);
  const { locations } = trial;
  const isThere = location === null ? locations.length === 0 : locations.includes(location ?? '');
  if (location !== undefined && !isThere) {
    const actual = locations.length > 1 ? `one of ${locations.join(', ')}` : (locations[0] ?? 'absent');
    found.push(`location is ${actual}, not ${location ?? 'absent'}`);
  }
  const name = trial.rule?.rule.name ?? null;
  if (rule !== undefined && rule !== name) {
    found.push(
      `rule is ${name === null ? 'none' : `"${name}"`}, not ${rule === null ? 'none' : `"${rule}"`}`,
    );
  }
  return found;
}
