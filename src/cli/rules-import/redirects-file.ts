/** The file _redirects of Netlify and Cloudflare Pages: a line with a path, a target, and a status each. */
import { absolute, literalText, originOf, queryCondition, redirectStatus } from './addresses.ts';
import { type Draft, Imported, type ImportOptions, NotCarried, type When } from './imported.ts';

const SPLAT = 'splat';

/** Reads a file; the first line that takes a path wins. */
export function importRedirectsFile(text: string, { base }: ImportOptions): Imported {
  const imported = new Imported();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const words = raw
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (words[0] === '') continue;
    imported.attempt(index + 1, () => imported.rules.push(readLine(index + 1, words, base)));
  }
  return imported;
}

/** @throws NotCarried */
function readLine(line: number, [from = '', ...words]: readonly string[], base: string | undefined): Draft {
  const at = words.findIndex((word) => /^(\/|https?:)/i.test(word));
  const to = words[at];
  if (to === undefined) throw new NotCarried('it has no target');
  const [, statusText] = /^(\d{3})!?$/.exec(words[at + 1] ?? '') ?? [];
  const status = statusText === undefined ? undefined : redirectStatus(Number(statusText));
  const conditions = conditionsOf(words.slice(at + (statusText === undefined ? 1 : 2)));
  const origin = originOf(from);
  const segments = origin.path.slice(1).split('/');
  const splat = segments.find((segment) => segment.includes('*'));
  if (splat !== undefined && (splat !== '*' || segments.indexOf('*') < segments.length - 1)) {
    throw new NotCarried('its * is not the last segment');
  }
  const names = segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1));
  if (splat !== undefined) names.push(SPLAT);
  const values = new Map(names.map((name) => [name, `{${name}}`]));
  const query = askedOf([...words.slice(0, at), origin.query], values);
  return {
    line,
    hosts: origin.host === undefined ? [] : [origin.host],
    kind: names.length > 0 ? 'pattern' : 'path',
    path: splat === undefined ? origin.path : origin.path + SPLAT,
    when: { ...(query === undefined ? {} : { query }), ...conditions },
    target: absolute(templateOf(to, values), base),
    status,
    passesQuery: query === undefined && !to.includes('?'),
  };
}

/**
 * `Language=de,at` and `Country=us`.
 * @throws NotCarried of any other condition
 */
function conditionsOf(words: readonly string[]): Pick<When, 'language' | 'country'> {
  const conditions = words.map((word) => {
    const [, name, list] = /^(Language|Country)=(.+)$/i.exec(word) ?? [];
    if (name === undefined) throw new NotCarried(`its condition ${word} is none that rules have`);
    return name.toLowerCase() === 'country'
      ? { country: list!.toUpperCase().split(',') }
      : { language: list!.split(',') };
  });
  return Object.assign({}, ...conditions);
}

/** `id=:id` asks for a parameter and gives it a name, which is added to `values`; `id=7` asks for a value. */
function askedOf(
  pairs: readonly string[],
  values: Map<string, string>,
): Record<string, string | true> | undefined {
  const asked = queryCondition(pairs.filter((pair) => pair !== '').join('&'));
  for (const [parameter, value] of Object.entries(asked)) {
    if (typeof value !== 'string' || !value.startsWith(':')) continue;
    asked[parameter] = true;
    if (!values.has(value.slice(1))) values.set(value.slice(1), `{query.${parameter}}`);
  }
  return Object.keys(asked).length === 0 ? undefined : asked;
}

/** `:name` where that is one of the names; all else stands for itself. */
const templateOf = (to: string, values: ReadonlyMap<string, string>): string =>
  to
    .split(/(:[A-Za-z_]\w*)/)
    .map((part, index) => (index % 2 === 1 ? values.get(part.slice(1)) : undefined) ?? literalText(part))
    .join('');
