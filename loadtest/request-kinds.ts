/** The kinds of request that a run sends, and the file that lists them (`--requests`). */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { reasonOf, userError } from '../src/errors.ts';
import { problemIn } from './document-problem.ts';

/** One kind of request. */
export interface RequestKind {
  /** Path and query. */
  readonly path: string;
  /** The mark of the run is appended to it. */
  readonly userAgent?: string | undefined;
  /** In the order in which they are sent. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** How often it is sent, in proportion to the others; 1 unless given. */
  readonly weight?: number | undefined;
}

/** A path and query as they can stand in a request. */
export const REQUEST_PATH = /^\/[\x21-\x7e]*$/;

const MOST_KINDS = 100_000;
const LONGEST_USER_AGENT = 1000;
/** Headers that say how the request itself is read, and the two that the load test writes. */
const OURS = ['connection', 'content-length', 'transfer-encoding', 'upgrade', 'user-agent', 'traceparent'];

const headerValue = z.string().regex(/^[\t\x20-\x7e]*$/, 'printable ASCII text');
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~\w-]+$/, "a header's name")
  .refine((name) => !OURS.includes(name.toLowerCase()), `a header other than ${OURS.join(', ')}`);

const schema = z.strictObject({
  path: z.string().regex(REQUEST_PATH, 'a path that begins with / and has no spaces or control characters'),
  userAgent: headerValue.min(1, 'text').max(LONGEST_USER_AGENT, `at most ${LONGEST_USER_AGENT} characters`),
  headers: z.record(headerName, headerValue),
  weight: z.number().positive('a number above 0').max(1e9, 'at most 1000000000'),
});
/** A kind of request as a file has it. */
export const requestKindSchema = schema.partial({ userAgent: true, headers: true, weight: true });

/**
 * Reads a file of requests: a path, or a JSON object, on each line; `#` begins a comment.
 * @throws RedirectorError REQUESTS_INVALID with the line, the field, its value and what is allowed.
 */
export function readRequestKinds(path: string): RequestKind[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw userError('REQUESTS_INVALID', { path, reason: reasonOf(error) });
  }
  const kinds: RequestKind[] = [];
  for (const [index, raw] of content.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const refuse = (reason: string): never => {
      throw userError('REQUESTS_INVALID', { path, reason: `line ${index + 1}: ${reason}` });
    };
    kinds.push(kindOf(line, refuse));
    if (kinds.length > MOST_KINDS) refuse(`there are more than ${MOST_KINDS} requests`);
  }
  if (kinds.length === 0) throw userError('REQUESTS_INVALID', { path, reason: 'it lists no request' });
  return kinds;
}

function kindOf(line: string, refuse: (reason: string) => never): RequestKind {
  let document: unknown = { path: line };
  if (line.startsWith('{')) {
    try {
      document = JSON.parse(line);
    } catch (error) {
      return refuse(`it is not valid JSON: ${reasonOf(error)}`);
    }
  }
  const result = requestKindSchema.safeParse(document);
  if (!result.success) return refuse(problemIn(document, result.error));
  const { headers, ...rest } = result.data;
  return { ...rest, headers: Object.entries(headers ?? {}) };
}
