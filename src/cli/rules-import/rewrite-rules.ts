/** Apache's RewriteRule where it redirects, with the conditions that rules have. */
import { absolute, byTarget, queryCondition, redirectStatus } from './addresses.ts';
import { apacheTarget } from './apache-target.ts';
import { hostsOfRegex } from './host-names.ts';
import { type Imported, type ImportOptions, NotCarried, type When } from './imported.ts';
import { type PathVariant, translateRegex } from './regex-paths.ts';

/** What the conditions before a rule say. */
interface Conditions {
  readonly hosts: readonly string[];
  readonly when: When | undefined;
  /** Why a rule with them cannot be carried over. */
  readonly unknown: string | undefined;
}

const NONE: Conditions = { hosts: [], when: undefined, unknown: undefined };

/** Takes the directives of mod_rewrite one by one. */
export class RewriteRules {
  readonly #imported: Imported;
  readonly #options: ImportOptions;
  #conditions = NONE;
  /** What relative substitutions are relative to. */
  #base = '/';

  constructor(imported: Imported, options: ImportOptions) {
    this.#imported = imported;
    this.#options = options;
  }

  /**
   * Reads one line; those of other modules are passed by.
   * @throws NotCarried
   */
  take(line: number, [directive = '', ...words]: readonly string[]): void {
    const name = directive.toLowerCase();
    if (name === 'rewritebase') this.#base = words[0] ?? '/';
    if (name === 'rewritecond') this.#conditions = withCondition(this.#conditions, words);
    if (name !== 'rewriterule') return;
    const conditions = this.#conditions;
    this.#conditions = NONE;
    this.#rule(line, words, conditions);
  }

  #rule(
    line: number,
    [source = '', substitution = '', flagText = '']: readonly string[],
    { hosts, when, unknown }: Conditions,
  ): void {
    const flags = flagsOf(flagText);
    const action = flags.has('G') ? 'gone' : flags.has('F') ? 'refuse' : undefined;
    const status = action === undefined ? statusOf(flags, substitution) : undefined;
    if (unknown !== undefined) throw new NotCarried(unknown);
    if (source.startsWith('!')) throw new NotCarried('it takes what its expression does not match');
    const { variants, differences } = translateRegex(fromTheSlash(source), flags.has('NC'));
    this.#imported.differ(line, differences);
    const ownQuery = splitOnce(substitution, '?')[1];
    const passesQuery = !flags.has('QSD') && (ownQuery === undefined || flags.has('QSA'));
    for (const variant of variants) {
      const rule = { line, kind: variant.kind, path: variant.path, when };
      if (action !== undefined) {
        this.#imported.rules.push({ ...rule, hosts, action });
        continue;
      }
      for (const [target, of] of byTarget(hosts, (host) => this.#target(variant, substitution, host))) {
        this.#imported.rules.push({ ...rule, hosts: of, status, target, passesQuery });
      }
    }
  }

  #target({ groups, whole }: PathVariant, substitution: string, host: string | undefined): string {
    const text = substitution === '-' ? '%{REQUEST_URI}' : substitution.replace(/\?$/, '');
    const variables = new Map([['REQUEST_URI', whole]]);
    if (host !== undefined) variables.set('HTTP_HOST', host).set('SERVER_NAME', host);
    const filled = apacheTarget(text, groups, variables);
    const isRelative = !/^(https?:\/)?\//i.test(filled);
    return absolute(isRelative ? this.#base.replace(/\/?$/, '/') + filled : filled, this.#options.base);
  }
}

/** `[R=301,L]` */
const flagsOf = (text: string): Map<string, string> =>
  new Map(
    text
      .replace(/^\[|\]$/g, '')
      .split(',')
      .map((flag) => splitOnce(flag.trim(), '='))
      .map(([name = '', value = '']) => [LONG_NAMES[name.toLowerCase()] ?? name.toUpperCase(), value]),
  );

const LONG_NAMES: Readonly<Record<string, string>> = {
  redirect: 'R',
  nocase: 'NC',
  qsappend: 'QSA',
  qsdiscard: 'QSD',
  gone: 'G',
  forbidden: 'F',
};

const STATUS_NAMES: Readonly<Record<string, number>> = { permanent: 301, temp: 302, seeother: 303 };

/** @throws NotCarried where it is no redirect */
function statusOf(flags: ReadonlyMap<string, string>, substitution: string): number {
  const given = flags.get('R');
  if (given === undefined && !/^https?:\/\//i.test(substitution)) {
    throw new NotCarried('it rewrites within Apache, which is no redirect');
  }
  return redirectStatus(given === undefined || given === '' ? 302 : (STATUS_NAMES[given] ?? Number(given)));
}

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** In an .htaccess paths have no slash in front; whoever writes for both has an optional one. */
function fromTheSlash(source: string): string {
  if (/^\^?(\(?)\.\*/.test(source)) return source.replace(/^\^?/, '^/');
  return source.replace(/^\^(\\?\/\??)?/, '^/');
}

function withCondition(
  before: Conditions,
  [subject = '', pattern = '', flags = '']: readonly string[],
): Conditions {
  const unknown = { ...before, unknown: `its condition on ${subject} ${pattern} is none that rules have` };
  if (/\bOR\b/i.test(flags)) return unknown;
  if (subject === '%{HTTP_HOST}') {
    const hosts = hostsOfRegex(pattern);
    return hosts === undefined || before.hosts.length > 0 ? unknown : { ...before, hosts };
  }
  if (subject === '%{QUERY_STRING}') {
    const [, pair] = /^\^([\w.~%-]+=[\w.~%-]*)\$$/.exec(pattern) ?? [];
    return pair === undefined
      ? unknown
      : { ...before, when: { query: { ...before.when?.query, ...queryCondition(pair) } } };
  }
  return unknown;
}
