/** More fields of records, as `record.fields` asks for them. */
import type { IncomingHttpHeaders } from 'node:http';
import { FIELD, PARAMETERS } from '../../field-names.ts';
import type { Redaction } from './privacy.ts';
import { queryValue } from './target-template.ts';

type Pair = readonly [name: string, value: string];

/** What fields are taken from. */
interface Source {
  readonly headers: IncomingHttpHeaders;
  /** Without its question mark, and without what is not recorded. */
  readonly query: string;
}

type Field = (source: Source) => readonly Pair[];

export class RecordFields {
  readonly #fields: readonly Field[];
  readonly #redaction: Redaction | undefined;

  /** @param asked as the option has them */
  constructor(asked: readonly string[], redaction: Redaction | undefined) {
    this.#fields = asked.map((text) => fieldOf(text, redaction));
    this.#redaction = redaction;
  }

  /** Names and values of a request, the first of each name; undefined where there are none. */
  of(requestTarget: string, headers: IncomingHttpHeaders): readonly Pair[] | undefined {
    const mark = requestTarget.indexOf('?');
    const asSent = mark === -1 ? '' : requestTarget.slice(mark + 1);
    const source = { headers, query: this.#redaction?.query(asSent) ?? asSent };
    const found = new Map<string, string>();
    for (const field of this.#fields) {
      for (const [name, value] of field(source)) if (!found.has(name)) found.set(name, value);
    }
    return found.size === 0 ? undefined : [...found];
  }
}

/** `name=header:NAME`, `name=query:NAME`, `name=value:TEXT` or `query:PREFIX*`. */
function fieldOf(text: string, redaction: Redaction | undefined): Field {
  const prefix = PARAMETERS.exec(text)?.[1];
  if (prefix !== undefined) return ({ query }) => parametersOf(query, prefix);
  const [, name, source, key] = FIELD.exec(text) as unknown as [string, string, string, string];
  if (source === 'value') return () => [[name, key]];
  const read: (source: Source) => string | undefined =
    source === 'query' ? ({ query }) => queryValue(query, key) : headerOf(key.toLowerCase(), redaction);
  return (from) => {
    const value = read(from);
    return value === undefined ? [] : [[name, value]];
  };
}

function headerOf(name: string, redaction: Redaction | undefined): (source: Source) => string | undefined {
  if (name === 'referer' && redaction !== undefined)
    return ({ headers: { referer } }) => (referer === undefined ? undefined : redaction.url(referer));
  return ({ headers }) => headers[name]?.toString();
}

/** The parameters whose names begin so, in their order and as sent. */
const parametersOf = (query: string, prefix: string): Pair[] =>
  query
    .split('&')
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => {
      const end = pair.indexOf('=');
      return end === -1 ? [pair, ''] : [pair.slice(0, end), pair.slice(end + 1)];
    });
