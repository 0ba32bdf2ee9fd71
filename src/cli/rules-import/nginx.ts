/** nginx: return, rewrite, if, location and map, of each server, in the order in which nginx tries them. */
import { byTarget, redirectStatus } from './addresses.ts';
import { isHost } from './host-names.ts';
import { type Draft, Imported, type ImportOptions, NotCarried, type Outcome, type When } from './imported.ts';
import { readCondition } from './nginx-condition.ts';
import { type Directive, NginxSyntax, parseNginx } from './nginx-config.ts';
import { type NginxMap, readMap } from './nginx-map.ts';
import { nginxTarget } from './nginx-target.ts';
import { takesFrom } from './order.ts';
import {
  exactPath,
  type PathVariant,
  type TranslatedRegex,
  translatePrefix,
  translateRegex,
} from './regex-paths.ts';

/** Where a directive stands: what is known of the requests that come to it. */
interface Context {
  readonly hosts: readonly string[];
  readonly serverName: string | undefined;
  readonly scheme: 'http' | 'https' | undefined;
  readonly when: When | undefined;
  readonly paths: TranslatedRegex;
}

/** How a redirect is made. */
type How = Required<Pick<Outcome, 'status' | 'passesQuery'>>;

const ANYWHERE: Context = {
  hosts: [],
  serverName: undefined,
  scheme: undefined,
  when: undefined,
  paths: translatePrefix('/'),
};

const isEveryPath = ({ variants: [first, ...more] }: TranslatedRegex): boolean =>
  more.length === 0 && first?.kind === 'prefix' && first.path === '/';

/** Reads a configuration, or a part of one that others include. */
export function importNginx(text: string, options: ImportOptions): Imported {
  const imported = new Imported();
  try {
    new NginxReader(imported, options).file(parseNginx(text));
  } catch (error) {
    if (!(error instanceof NginxSyntax)) throw error;
    imported.left.push({ line: error.line, reason: `it ${error.message}: nothing is carried over` });
  }
  return imported;
}

class NginxReader {
  readonly #imported: Imported;
  readonly #options: ImportOptions;
  readonly #maps: NginxMap[] = [];
  readonly #usedMaps = new Set<NginxMap>();

  constructor(imported: Imported, options: ImportOptions) {
    this.#imported = imported;
    this.#options = options;
  }

  file(directives: readonly Directive[]): void {
    const all = directives.flatMap((one) => (one.name === 'http' ? (one.block ?? []) : [one]));
    for (const directive of all.filter(({ name }) => name === 'map')) {
      const map = readMap(directive, this.#imported);
      if (map !== undefined) this.#maps.push(map);
    }
    for (const { block = [], line } of all.filter(({ name }) => name === 'server')) {
      this.#imported.attempt(line, () => this.#server(block));
    }
    // Of a part that stands in a server: its host is not known.
    this.#server(all.filter(({ name }) => name !== 'server'));
    for (const map of this.#maps.filter((one) => !this.#usedMaps.has(one))) {
      this.#redirect(ANYWHERE, map.name, { status: undefined, passesQuery: false }, map.line);
    }
  }

  #server(block: readonly Directive[]): void {
    const names = block
      .filter(({ name }) => name === 'server_name')
      .flatMap(({ words }) => words)
      .filter((name) => name !== '_' && name !== '')
      .map((name) => name.toLowerCase());
    const hosts = names.flatMap((name) => (name.startsWith('.') ? [name.slice(1), `*${name}`] : [name]));
    const odd = hosts.find((name) => !isHost(name));
    if (odd !== undefined)
      throw new NotCarried(`${odd} is no host that rules can have: its server is left out`);
    this.#block(block, { ...ANYWHERE, hosts, serverName: hosts[0], scheme: schemeOf(block) });
  }

  /** Rewrites come before locations, and locations in nginx's order of precedence. */
  #block(block: readonly Directive[], context: Context): void {
    for (const directive of block) {
      const { name, line } = directive;
      this.#imported.attempt(line, () => {
        if (name === 'return') this.#return(directive, context);
        else if (name === 'rewrite') this.#rewrite(directive, context);
        else if (name === 'if') this.#if(directive, context);
        else if (name === 'include' && !NO_REDIRECTS.test(directive.words[0] ?? '')) {
          throw new NotCarried(`the file "${directive.words[0]}" is not read: import it by itself`);
        }
      });
    }
    const locations = block.filter(
      ({ name, words }) => name === 'location' && words[0]?.startsWith('@') === false,
    );
    const before = this.#imported.rules.length;
    for (const location of locations.filter(isAnswer).sort(byPrecedence)) {
      this.#imported.attempt(location.line, () => this.#location(location, context));
    }
    const rules = this.#imported.rules.slice(before);
    // Expressions are mostly for endings of file names, of which rules know nothing.
    for (const location of locations.filter((one) => !isAnswer(one) && !one.words[0]!.startsWith('~'))) {
      this.#serving(location, rules);
    }
  }

  /** What nginx serves itself is redirected here where a rule takes it. */
  #serving({ words, line }: Directive, rules: readonly Draft[]): void {
    const drafts = pathsOf(words).variants.map(({ kind, path }) => ({ kind, path, line, hosts: [] }));
    const taker = rules.find((rule) => drafts.some((draft) => takesFrom(rule, draft)));
    if (taker === undefined) return;
    this.#imported.differ(line, [
      `nginx does not redirect this location; here line ${taker.line}, ${taker.path}, takes it`,
    ]);
  }

  #location({ words, block = [], line }: Directive, context: Context): void {
    const paths = pathsOf(words);
    this.#imported.differ(line, paths.differences);
    this.#block(block, { ...context, paths });
  }

  #if({ words, block = [], line }: Directive, context: Context): void {
    if (!answers(block)) return;
    const narrowed = readCondition(
      words,
      this.#maps.map(({ name }) => name),
    );
    if (narrowed.paths !== undefined && !isEveryPath(context.paths)) {
      throw new NotCarried('it asks for a path within a location');
    }
    this.#imported.differ(line, narrowed.paths?.differences ?? []);
    this.#block(block, { ...context, ...narrowed });
  }

  #return({ words, line }: Directive, context: Context): void {
    const [code, target] = /^\d+$/.test(words[0] ?? '') ? [Number(words[0]), words[1]] : [302, words[0]];
    if (code === 410 || code === 403) {
      const action = code === 410 ? 'gone' : 'refuse';
      for (const { kind, path } of context.paths.variants) {
        this.#imported.rules.push({ line, hosts: context.hosts, kind, path, when: context.when, action });
      }
      return;
    }
    const status = redirectStatus(code);
    if (target === undefined) throw new NotCarried('it has no target');
    this.#redirect(context, target, { status, passesQuery: false }, line);
  }

  #rewrite({ words: [source = '', replacement = '', flag = ''], line }: Directive, context: Context): void {
    const isAbsolute = /^(https?:\/\/|\$scheme)/.test(replacement);
    if (flag !== 'permanent' && flag !== 'redirect' && !isAbsolute) {
      throw new NotCarried('it rewrites within nginx, which is no redirect');
    }
    const paths = within(context.paths, translateRegex(source));
    this.#imported.differ(line, paths.differences);
    const dropsQuery = replacement.endsWith('?');
    const target = dropsQuery ? replacement.slice(0, -1) : replacement;
    const status = flag === 'permanent' ? 301 : 302;
    this.#redirect({ ...context, paths }, target, { status, passesQuery: !dropsQuery }, line);
  }

  #redirect(context: Context, text: string, how: How, line: number): void {
    const map = this.#maps.find(({ name }) => new RegExp(`\\${name}(?!\\w)`).test(text));
    if (map === undefined) {
      for (const paths of context.paths.variants) this.#toTarget(context, paths, text, how, line);
      return;
    }
    this.#usedMaps.add(map);
    if (!isEveryPath(context.paths)) throw new NotCarried(`it uses the map ${map.name} within a location`);
    for (const { host, variants, when = context.when, value, line: at } of map.entries) {
      const hosts = host === undefined ? context.hosts : [host];
      const target = text.replace(map.name, () => value);
      this.#imported.attempt(at, () => {
        for (const paths of variants) this.#toTarget({ ...context, hosts, when }, paths, target, how, at);
      });
    }
  }

  /** One rule; of a target that names the host, one for each host. */
  #toTarget(
    context: Context,
    paths: PathVariant,
    text: string,
    { status, passesQuery }: How,
    line: number,
  ): void {
    const { hosts, when } = context;
    const { kind, path } = paths;
    let isPassed = passesQuery;
    const targets = byTarget(hosts, (host) => {
      const made = nginxTarget(text, { ...context, host, base: this.#options.base, paths });
      if (made.target === `https://${host}${paths.whole}`) this.#imported.differ(line, [LOOP]);
      isPassed ||= made.passesQuery;
      return made.target;
    });
    for (const [target, of] of targets) {
      this.#imported.rules.push({ line, hosts: of, kind, path, when, target, status, passesQuery: isPassed });
    }
  }
}

/** Files that are included everywhere and do not redirect. */
const NO_REDIRECTS = /mime\.types|fastcgi|uwsgi|scgi|proxy_params|ssl|modules/;

const LOOP = 'it leads to the same host by https: let only http requests come to it, or it is a loop';

/** Undefined where a server takes both. */
function schemeOf(block: readonly Directive[]): 'http' | 'https' | undefined {
  const schemes = new Set(
    block
      .filter(({ name }) => name === 'listen')
      .map(({ words }) => (words.includes('ssl') || /(^|:)443$/.test(words[0] ?? '') ? 'https' : 'http')),
  );
  const [scheme] = schemes;
  return schemes.size > 1 ? undefined : scheme;
}

/**
 * The paths of a location.
 * @throws NotCarried
 */
function pathsOf(words: readonly string[]): TranslatedRegex {
  const [modifier, path] = words.length > 1 ? [words[0]!, words[1]!] : ['', words[0]!];
  if (modifier === '~' || modifier === '~*') return translateRegex(path, modifier === '~*');
  if (modifier === '=') return { variants: [exactPath(path)], differences: [] };
  return translatePrefix(path);
}

/** Exact ones, prefixes that end the search, expressions in their order, other prefixes: the longest first. */
function byPrecedence({ words: a }: Directive, { words: b }: Directive): number {
  const rank = ({ length, 0: modifier }: readonly string[]): number =>
    length === 1 ? 3 : modifier === '=' ? 0 : modifier === '^~' ? 1 : 2;
  const isPrefix = rank(a) === 1 || rank(a) === 3;
  return rank(a) - rank(b) || (isPrefix ? b.at(-1)!.length - a.at(-1)!.length : 0);
}

/** Whether a block answers by itself somewhere. */
const answers = (block: readonly Directive[]): boolean =>
  block.some(
    ({ name, block: inner }) =>
      name === 'return' || name === 'rewrite' || (inner !== undefined && answers(inner)),
  );

const isAnswer = ({ block = [] }: Directive): boolean => answers(block);

/**
 * The paths of a rewrite within those of its location.
 * @throws NotCarried
 */
function within(location: TranslatedRegex, rewrite: TranslatedRegex): TranslatedRegex {
  if (isEveryPath(location)) return rewrite;
  if (isEveryPath(rewrite)) {
    const [{ groups, whole }] = rewrite.variants as [PathVariant];
    const names = [...groups.keys()];
    if (names.some((name) => groups.get(name) !== whole)) {
      throw new NotCarried('its groups are parts of the path of a location');
    }
    const variants = location.variants.map((variant) => ({
      ...variant,
      groups: new Map(names.map((name) => [name, variant.whole])),
    }));
    return { variants, differences: rewrite.differences };
  }
  const isInside = rewrite.variants.every(({ path }) =>
    location.variants.some(
      (one) => one.path === path || (one.kind === 'prefix' && path.startsWith(one.path)),
    ),
  );
  if (!isInside) throw new NotCarried('its expression goes beyond the location that it stands in');
  return rewrite;
}
