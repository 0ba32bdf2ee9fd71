/** What a kind of option value is, and how one is made. */
import { z } from 'zod';
import { type JsonSchema, matching, someText } from './json-schema.ts';

/** A kind of option value. `expects` completes the sentence "<value> is not ...". */
export interface OptionType<T> {
  readonly name: string;
  readonly expects: string;
  /** Parses text or a native file value; a failed parse means "not what `expects` says". */
  readonly schema: z.ZodType<T>;
  /** What a file may have there, as far as JSON Schema can say it; undefined for what stands in no file. */
  readonly json?: JsonSchema;
  /** It takes several values: a flag may be given several times, an argument takes all words that are left. */
  readonly isList?: true;
  /** Shows a parsed value in the form in which it can be typed. */
  show(value: T): string;
}

export function define<T>(
  name: string,
  expects: string,
  json: JsonSchema,
  schema: z.ZodType<T>,
  show: (value: T) => string = String,
): OptionType<T> {
  return { name, expects, json, schema, show };
}

/** Builds a schema from a function that returns undefined for what it does not allow. */
export function parsed<T>(parse: (raw: unknown) => T | undefined): z.ZodType<T> {
  return z.unknown().transform((raw, context) => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'not allowed' });
    return z.NEVER;
  }) as unknown as z.ZodType<T>;
}

/** Text of a pattern, as it is. */
export const ofPattern = (name: string, expects: string, pattern: RegExp): OptionType<string> =>
  define(
    name,
    expects,
    matching(pattern),
    parsed((raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined)),
  );

export const toNumber = (raw: unknown): number | undefined => {
  if (typeof raw === 'number') return raw;
  return typeof raw === 'string' && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : undefined;
};

/** Several of a thing: a flag that is given several times, or the words at the end of a command line. */
export const listOf = <T>({ name, expects, schema, show }: OptionType<T>): OptionType<readonly T[]> => ({
  name,
  expects,
  schema: z
    .unknown()
    .transform((raw) => (Array.isArray(raw) ? raw : [raw]))
    .pipe(z.array(schema)),
  show: (values) => values.map(show).join(' '),
  isList: true,
});

/** A list, in one text separated by commas or in a file as a list. */
export const list = (
  name: string,
  expects: string,
  isItem: (item: string) => boolean,
): OptionType<string[]> => ({
  ...define(
    name,
    expects,
    { anyOf: [someText, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    parsed((raw) => {
      const items: unknown = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
      if (!Array.isArray(items) || items.length === 0) return undefined;
      return items.every((item) => typeof item === 'string' && isItem(item))
        ? (items as string[])
        : undefined;
    }),
    (value) => value.join(','),
  ),
  isList: true,
});
