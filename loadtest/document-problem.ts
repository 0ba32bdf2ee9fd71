/** What is wrong with a document that somebody wrote: the field, its value, and what is allowed. */
import { z } from 'zod';
import type { OptionType } from '../src/option-type.ts';

/** A field of a kind that options have too. */
export const ofType = <T>({ parse, expects }: OptionType<T>): z.ZodType<T> =>
  z.unknown().transform((raw, context) => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expects });
    return z.NEVER;
  }) as unknown as z.ZodType<T>;

/** The first problem with a document, by field, value and what is allowed. */
export function problemIn(document: unknown, error: z.ZodError): string {
  const issue = error.issues[0]!;
  const at = [...issue.path];
  if (issue.code === 'unrecognized_keys') at.push(issue.keys[0]!);
  let value: unknown = document;
  for (const key of at) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const field = at.length === 0 ? 'it' : at.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return `${field} is not a field of it`;
  if (issue.code === 'invalid_key') return `${field} is not ${issue.issues[0]?.message}`;
  if (value === undefined) return `${field} is missing`;
  const allowed =
    issue.code === 'invalid_type'
      ? `of type ${issue.expected}`
      : issue.code === 'invalid_value'
        ? `one of ${issue.values.join(', ')}`
        : issue.message;
  return `${field}: ${JSON.stringify(value)} is not ${allowed}`;
}
