/** Apache: Redirect, RedirectMatch and their like, and RewriteRule where it redirects. */
import { absolute, literalText, redirectStatus } from './addresses.ts';
import { apacheTarget } from './apache-target.ts';
import { Imported, type ImportOptions, NotCarried, type Outcome, type Paths } from './imported.ts';
import { exactPath, type PathVariant, type TranslatedRegex, translateRegex } from './regex-paths.ts';
import { RewriteRules } from './rewrite-rules.ts';

/** A line that goes on after a backslash is one; its number is that of its beginning. */
interface Line {
  readonly line: number;
  readonly words: readonly string[];
}

const STATUS_NAMES: Readonly<Record<string, number>> = {
  permanent: 301,
  temp: 302,
  seeother: 303,
  gone: 410,
};

/** A rule of mod_alias, in the making. */
interface AliasRule {
  readonly rule: Paths & Outcome;
  readonly differences: readonly string[];
}

/** Reads an .htaccess, or a part of a configuration. */
export function importHtaccess(text: string, options: ImportOptions): Imported {
  const imported = new Imported();
  const rewriting = new RewriteRules(imported, options);
  const lines = linesOf(text);
  // mod_rewrite comes before mod_alias, wherever its lines stand.
  for (const { line, words } of lines) imported.attempt(line, () => rewriting.take(line, words));
  for (const { line, words } of lines) {
    imported.attempt(line, () => {
      const rules = readAlias(words, options.base);
      imported.differ(line, rules[0]?.differences ?? []);
      imported.rules.push(...rules.map(({ rule }) => ({ line, hosts: [], ...rule })));
    });
  }
  return imported;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let begun: { line: number; text: string } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    begun = begun === undefined ? { line: index + 1, text: raw } : { ...begun, text: begun.text + raw };
    if (begun.text.endsWith('\\')) {
      begun.text = begun.text.slice(0, -1);
      continue;
    }
    const words = begun.text.trim().startsWith('#') ? [] : wordsOf(begun.text);
    if (words.length > 0) lines.push({ line: begun.line, words });
    begun = undefined;
  }
  return lines;
}

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, word]) => quoted?.replaceAll('\\"', '"') ?? word!,
  );

const FIXED: Readonly<Record<string, number>> = { redirectpermanent: 301, redirecttemp: 302 };
const ALIASES: readonly string[] = ['redirect', 'redirectmatch', ...Object.keys(FIXED)];

/** @throws NotCarried */
function readAlias([directive = '', ...words]: readonly string[], base: string | undefined): AliasRule[] {
  const name = directive.toLowerCase();
  if (!ALIASES.includes(name)) return [];
  const first = words[0]?.toLowerCase() ?? '';
  const given =
    name in FIXED ? undefined : (STATUS_NAMES[first] ?? (/^\d{3}$/.test(first) ? Number(first) : undefined));
  const status = FIXED[name] ?? given ?? 302;
  const [from = '', to] = given === undefined ? words : words.slice(1);
  const paths = name === 'redirectmatch' ? translateRegex(from) : folderPaths(from);
  const outcomeOf = ({ groups }: PathVariant): Outcome => {
    if (status === 410 || status === 403) return { action: status === 410 ? 'gone' : 'refuse' };
    if (to === undefined) throw new NotCarried('it has no target');
    const text =
      name === 'redirectmatch' ? apacheTarget(to, groups, new Map()) : literalText(to) + groups.get(BELOW);
    // The request's parameters are added where the target has none of its own.
    return { status: redirectStatus(status), target: absolute(text, base), passesQuery: !text.includes('?') };
  };
  return paths.variants.map((variant) => ({
    rule: { kind: variant.kind, path: variant.path, ...outcomeOf(variant) },
    differences: paths.differences,
  }));
}

/** What follows the path of a Redirect, and is added to its target. */
const BELOW = 'below';

/** A path and all below it. */
function folderPaths(from: string): TranslatedRegex {
  if (!from.startsWith('/')) throw new NotCarried('its path does not begin with a slash');
  const { path } = exactPath(from);
  const isFolder = path.endsWith('/');
  const below = (kind: 'path' | 'prefix', of: string, rest: string): PathVariant => ({
    kind,
    path: of,
    groups: new Map([[BELOW, rest]]),
    whole: of + rest,
  });
  const variants = isFolder
    ? [below('prefix', path, '{rest}')]
    : [below('path', path, ''), below('prefix', `${path}/`, '/{rest}')];
  return { variants, differences: [] };
}
