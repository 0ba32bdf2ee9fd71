/** nginx's map blocks: a table of paths, which a return or rewrite uses. */
import { originOf, queryCondition } from './addresses.ts';
import { type Imported, NotCarried, type When } from './imported.ts';
import type { Directive } from './nginx-config.ts';
import { exactPath, type PathVariant, translateRegex } from './regex-paths.ts';

/** One line of a map. */
export interface MapEntry {
  readonly line: number;
  readonly isExpression: boolean;
  /** Of the key; undefined: any. */
  readonly host: string | undefined;
  readonly variants: readonly PathVariant[];
  readonly when: When | undefined;
  /** As it stands there, with its variables. */
  readonly value: string;
}

export interface NginxMap {
  /** The variable that it sets, with its $. */
  readonly name: string;
  readonly line: number;
  readonly entries: readonly MapEntry[];
}

const PATHS: readonly string[] = ['$uri', '$request_uri', '$document_uri'];
const HOSTS_AND_PATHS: readonly string[] = [
  '$host$uri',
  '$host$request_uri',
  '$http_host$request_uri',
  '$http_host$uri',
];

/** Reads a map; undefined where it is not by path. What cannot be carried over is told. */
export function readMap(
  { words: [source = '', name = ''], line, block = [] }: Directive,
  imported: Imported,
): NginxMap | undefined {
  const hasHost = HOSTS_AND_PATHS.includes(source);
  if (!hasHost && !PATHS.includes(source)) return undefined;
  const entries: MapEntry[] = [];
  for (const directive of block) {
    imported.attempt(directive.line, () => entries.push(...readEntry(directive, hasHost, imported)));
  }
  if (source.endsWith('$request_uri')) {
    imported.differ(line, ['$request_uri has the parameters; here a path is taken with any others, too']);
  }
  // nginx looks at texts first, then at expressions in their order.
  return { name, line, entries: entries.sort((a, b) => Number(a.isExpression) - Number(b.isExpression)) };
}

function readEntry(
  { name: key, words: [value = ''], line }: Directive,
  hasHost: boolean,
  imported: Imported,
): MapEntry[] {
  if (key === 'hostnames' || key === 'volatile') return [];
  if (key === 'include') throw new NotCarried(`the file "${value}" is not read: import it by itself`);
  if (value === '' || value === '0') return []; // nothing is set: no redirect
  if (key === 'default') throw new NotCarried('it is for every other path: write it as a fallback');
  if (key.startsWith('~')) {
    if (hasHost) throw new NotCarried('its expression takes host and path in one');
    const ignoresCase = key.startsWith('~*');
    const { variants, differences } = translateRegex(key.slice(ignoresCase ? 2 : 1), ignoresCase);
    imported.differ(line, differences);
    return [{ line, isExpression: true, host: undefined, variants, when: undefined, value }];
  }
  const text = key.replace(/^\\/, '');
  const { host, path, query } = originOf(hasHost ? `http://${text}` : text);
  const when = query === '' ? undefined : { query: queryCondition(query) };
  return [{ line, isExpression: false, host, variants: [exactPath(path)], when, value }];
}
