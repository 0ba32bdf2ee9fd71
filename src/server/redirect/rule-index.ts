/**
 * Finds the rules for a host and a path: the most specific first. A host before a wildcard host before all hosts; an exact path
 * before a pattern before a prefix, segment by segment from the left. Paths are compared as they are sent, byte for byte, which
 * is why this is no library's router: those decode a path before they match it.
 */

/** How a rule names paths. */
export type PathKind = 'path' | 'prefix' | 'pattern';

/** What captures took, as sent. */
export type Captures = ReadonlyMap<string, string>;

interface Entry<R> {
  readonly rule: R;
  /** Names of captures, in the order in which segments are taken. */
  readonly captures: readonly string[];
}

interface Node<R> {
  readonly children: Map<string, Node<R>>;
  /** Any one segment. */
  any: Node<R> | undefined;
  /** Rules for a path that ends here. */
  readonly here: Entry<R>[];
  /** Rules for all that goes on from here. */
  readonly below: Entry<R>[];
}

const node = <R>(): Node<R> => ({ children: new Map(), any: undefined, here: [], below: [] });

/** The name under which a prefix captures what follows it. */
export const REST = 'rest';

/** The segments of a path that begins with a slash. */
const segmentsOf = (path: string): string[] => path.slice(1).split('/');

/** The names that a pattern captures, or that of a prefix. */
export function captureNames(kind: PathKind, path: string): string[] {
  if (kind === 'path') return [];
  if (kind === 'prefix') return [REST];
  return segmentsOf(path)
    .filter((segment) => /^[:*]/.test(segment))
    .map((segment) => segment.slice(1));
}

/** The rules of one host. */
class PathIndex<R> {
  readonly #exact = new Map<string, R>();
  /** Further rules for a path that has one. */
  readonly #more = new Map<string, R[]>();
  readonly #root = node<R>();
  #hasTree = false;

  add(kind: PathKind, path: string, rule: R): void {
    if (kind === 'path') {
      const more = this.#more.get(path);
      if (!this.#exact.has(path)) this.#exact.set(path, rule);
      else if (more === undefined) this.#more.set(path, [rule]);
      else more.push(rule);
      return;
    }
    this.#hasTree = true;
    const entry = { rule, captures: captureNames(kind, path) };
    const segments = segmentsOf(path);
    const last = segments.at(-1)!;
    const goesOn = kind === 'prefix' || last.startsWith('*');
    // What a prefix with a slash at its end, or a capture of the rest, is below of.
    if (goesOn && (last === '' || (kind === 'pattern' && last.startsWith('*')))) segments.pop();
    let at = this.#root;
    for (const segment of segments)
      at = childOf(at, kind === 'pattern' && segment.startsWith(':') ? undefined : segment);
    if (goesOn) at.below.push(entry);
    if (!goesOn || (kind === 'prefix' && last !== '')) at.here.push(entry);
  }

  find(path: string, accepts: (rule: R, captures: Captures) => boolean): boolean {
    const exact = this.#exact.get(path);
    if (exact !== undefined) {
      if (accepts(exact, NO_CAPTURES)) return true;
      if (this.#more.get(path)?.some((rule) => accepts(rule, NO_CAPTURES)) === true) return true;
    }
    return this.#hasTree && walk(this.#root, path, 1, [], accepts);
  }
}

const NO_CAPTURES: Captures = new Map();

/** The child for a segment, or for any one where it is undefined; made where there is none yet. */
function childOf<R>(parent: Node<R>, segment: string | undefined): Node<R> {
  if (segment === undefined) {
    parent.any ??= node();
    return parent.any;
  }
  let child = parent.children.get(segment);
  if (child === undefined) {
    child = node();
    parent.children.set(segment, child);
  }
  return child;
}

/** @param at where the next segment begins; 0 when the path is used up */
function walk<R>(
  from: Node<R>,
  path: string,
  at: number,
  taken: string[],
  accepts: (rule: R, captures: Captures) => boolean,
): boolean {
  const offer = (entries: readonly Entry<R>[], values: readonly string[]): boolean =>
    entries.some(({ rule, captures }) =>
      accepts(rule, new Map(captures.map((name, index) => [name, values[index] ?? '']))),
    );
  if (at === 0) return from.here.length > 0 && offer(from.here, taken);
  const slash = path.indexOf('/', at);
  const next = slash === -1 ? 0 : slash + 1;
  const segment = slash === -1 ? path.slice(at) : path.slice(at, slash);
  const child = from.children.get(segment);
  if (child !== undefined && walk(child, path, next, taken, accepts)) return true;
  if (from.any !== undefined && segment !== '') {
    taken.push(segment);
    const found = walk(from.any, path, next, taken, accepts);
    taken.pop();
    if (found) return true;
  }
  return from.below.length > 0 && offer(from.below, [...taken, path.slice(at)]);
}

/** The rules of all hosts. */
export class RuleIndex<R> {
  readonly #everyHost = new PathIndex<R>();
  readonly #hosts = new Map<string, PathIndex<R>>();
  /** By what follows the `*`, with its dot. */
  readonly #below = new Map<string, PathIndex<R>>();

  /** @param hosts in lower case without a port, `*.` and a name for its subdomains; none: every host */
  add(hosts: readonly string[], kind: PathKind, path: string, rule: R): void {
    if (hosts.length === 0) this.#everyHost.add(kind, path, rule);
    for (const host of hosts) {
      const [map, key] = host.startsWith('*') ? [this.#below, host.slice(1)] : [this.#hosts, host];
      let index = map.get(key);
      if (index === undefined) {
        index = new PathIndex();
        map.set(key, index);
      }
      index.add(kind, path, rule);
    }
  }

  /**
   * Offers rules, the most specific first and those alike in their order, until one is accepted.
   * @param host the Host header as sent, if any
   * @param path from its slash, without the query
   */
  find(host: string | undefined, path: string, accepts: (rule: R, captures: Captures) => boolean): boolean {
    if (host !== undefined && (this.#hosts.size > 0 || this.#below.size > 0)) {
      const name = hostName(host);
      if (this.#hosts.get(name)?.find(path, accepts) === true) return true;
      for (
        let dot = name.indexOf('.');
        this.#below.size > 0 && dot !== -1;
        dot = name.indexOf('.', dot + 1)
      ) {
        if (this.#below.get(name.slice(dot))?.find(path, accepts) === true) return true;
      }
    }
    return this.#everyHost.find(path, accepts);
  }
}

/** The name in a Host header: in lower case, without port and without the dot of a fully qualified one. */
export const hostName = (host: string): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
