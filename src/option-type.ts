/** What a kind of option value is, and how one is made. */
import { type JsonSchema, matching, someText } from './json-schema.ts';

/** A kind of option value. `expects` completes the sentence "<value> is not ...". */
export interface OptionType<T> {
  readonly name: string;
  readonly expects: string;
  /** Reads text or a native file value; undefined: it is not what `expects` says. */
  readonly parse: (raw: unknown) => T | undefined;
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
  parse: (raw: unknown) => T | undefined,
  show: (value: T) => string = String,
): OptionType<T> {
  return { name, expects, json, parse, show };
}

/** Text of a pattern, as it is. */
export const ofPattern = (name: string, expects: string, pattern: RegExp): OptionType<string> =>
  define(name, expects, matching(pattern), (raw) =>
    typeof raw === 'string' && pattern.test(raw) ? raw : undefined,
  );

export const toNumber = (raw: unknown): number | undefined => {
  if (typeof raw === 'number') return raw;
  return typeof raw === 'string' && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : undefined;
};

/** Several of a thing: a flag that is given several times, or the words at the end of a command line. */
export const listOf = <T>({ name, expects, parse, show }: OptionType<T>): OptionType<readonly T[]> => ({
  name,
  expects,
  parse(raw) {
    const items = (Array.isArray(raw) ? raw : [raw]).map(parse);
    return items.every((item) => item !== undefined) ? items : undefined;
  },
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
    (raw) => {
      const items: unknown = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
      if (!Array.isArray(items) || items.length === 0) return undefined;
      return items.every((item) => typeof item === 'string' && isItem(item))
        ? (items as string[])
        : undefined;
    },
    (value) => value.join(','),
  ),
  isList: true,
});
