/**
 * Targets with placeholders: `{name}` of a capture, `{query.name}` of the request, `{path}`, `{click_id}`. What is put in stands
 * as it was sent, and cannot change where the target leads: scheme and host are always the rule's own.
 */
import { httpUrl } from '../../option-types.ts';

/** Literal text and placeholders in turn: text at even places, names at odd ones. Plain data, which crosses threads. */
export type TargetTemplate = readonly string[];

/** What placeholders stand for in one request. */
export interface TemplateValues {
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without its question mark; empty where there is none. */
  readonly query: string;
  readonly captures: ReadonlyMap<string, string>;
  readonly clickId: () => string;
}

const PLACEHOLDER = /\{([^{}]*)\}/;
const QUERY = 'query.';
/** No backslash: browsers take it for a slash, and what follows could be the host. */
const BEFORE_PLACEHOLDER = /^https?:\/\/[^/?#\\]+[/?#]/i;

/**
 * Reads a target.
 * @param captures names that the rule's pattern captures
 * @returns the template, or one phrase about what is wrong with it
 */
export function parseTemplate(target: string, captures: readonly string[]): TargetTemplate | string {
  const template = target.split(PLACEHOLDER);
  const names = template.filter((_, index) => index % 2 === 1);
  const known = [...captures, 'path', 'click_id'];
  for (const name of names) {
    if (known.includes(name) || (name.startsWith(QUERY) && name.length > QUERY.length)) continue;
    return `has the placeholder {${name}}, which is none of ${[...known, 'query.NAME'].map((one) => `{${one}}`).join(', ')}`;
  }
  const filled = template.map((part, index) => (index % 2 === 1 ? 'x' : part)).join('');
  if (httpUrl.parse(filled) === undefined) {
    return 'is not an absolute http:// or https:// URL without spaces or control characters';
  }
  if (names.length > 0 && !BEFORE_PLACEHOLDER.test(template[0]!)) {
    return 'has a placeholder in its scheme or host: only what follows https://host/ may be filled in';
  }
  return template;
}

/** Whether every request gets the same. */
export const isLiteral = (template: TargetTemplate): boolean => template.length === 1;

/** Bytes that a Location cannot hold, and `#`, which would cut the target: percent-encoded, all else as it was sent. */
export const asSent = (raw: string): string =>
  raw.replace(/[^\x21\x22\x24-\x7e]/g, (character) => {
    const code = character.charCodeAt(0) & 0xff; // node:http gives bytes as latin1
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });

/** Fills a template in. What the request does not have is filled with nothing. */
export function fillTemplate(template: TargetTemplate, values: TemplateValues): string {
  let target = template[0]!;
  for (let at = 1; at < template.length; at += 2) {
    target += asSent(placeholderValue(template[at]!, values)) + template[at + 1]!;
  }
  return target;
}

function placeholderValue(name: string, { path, query, captures, clickId }: TemplateValues): string {
  const captured = captures.get(name);
  if (captured !== undefined) return captured;
  if (name === 'path') return path;
  if (name === 'click_id') return clickId();
  return name.startsWith(QUERY) ? (queryValue(query, name.slice(QUERY.length)) ?? '') : '';
}

/** The value of the first parameter of a name, both as sent; empty where it has no `=`. */
export function queryValue(query: string, name: string): string | undefined {
  if (query === '') return undefined;
  for (const pair of query.split('&')) {
    if (pair === name) return '';
    if (pair.startsWith(name) && pair[name.length] === '=') return pair.slice(name.length + 1);
  }
  return undefined;
}
