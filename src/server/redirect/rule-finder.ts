/** Finds the rule for a request: the index by host and path, and then what else a rule asks for. */
import type { SigningKeys } from './dynamic-target.ts';
import { type Condition, conditionsOf, type RuleRequest } from './rule-conditions.ts';
import { type Captures, RuleIndex } from './rule-index.ts';
import type { Fallback, Rule, RuleSet } from './rule-set.ts';

/** A rule that was found, and what it captured. */
export interface Found {
  readonly entry: Entry;
  readonly captures: Captures;
}

/** A rule as the index has it, once for each of its hosts. */
export interface Entry {
  readonly rule: Rule;
  /** The one of its hosts; undefined: every host. */
  readonly host: string | undefined;
  readonly conditions: readonly Condition[];
  /** It takes every GET and HEAD, and no others: nothing of the rule has to be looked at. */
  readonly takesUsual: boolean;
  /** Its place among the entries of the finder. */
  readonly place: number;
}

/** The checks of a rule's own fields, in the order in which they are made. */
export const takesMethod = ({ methods }: Rule, { method }: RuleRequest): boolean => methods.includes(method);
export const hasBegun = ({ notBefore }: Rule, now: number): boolean => now >= notBefore;
export const isNotOver = ({ expires }: Rule, now: number): boolean => now < expires;

const isUsual = (method: string): boolean => method === 'GET' || method === 'HEAD';

const takesUsual = ({ methods, when, notBefore, expires }: Rule): boolean =>
  methods.every(isUsual) &&
  methods.includes('GET') &&
  methods.includes('HEAD') &&
  when === undefined &&
  notBefore === Number.NEGATIVE_INFINITY &&
  expires === Number.POSITIVE_INFINITY;

function takes(entry: Entry, request: RuleRequest, now: number): boolean {
  if (entry.takesUsual) return isUsual(request.method);
  const { rule, conditions } = entry;
  if (!takesMethod(rule, request) || !hasBegun(rule, now) || !isNotOver(rule, now)) return false;
  for (const condition of conditions) if (!condition.holds(request)) return false;
  return true;
}

/** Built once in each thread, part by part if need be. */
export class RuleFinder {
  keys: SigningKeys = new Map();
  readonly #index = new RuleIndex<Entry>();
  readonly #fallbacks = new RuleIndex<Fallback>();
  #places = 0;
  /** The one for every host, where there is no other. */
  #only: Fallback | undefined;

  /** How many entries there are: their places are below that. */
  get size(): number {
    return this.#places;
  }

  add(rules: readonly Rule[]): void {
    for (const rule of rules) {
      const conditions = conditionsOf(rule.when);
      for (const host of rule.hosts.length === 0 ? [undefined] : rule.hosts) {
        const hosts = host === undefined ? [] : [host];
        const entry = { rule, host, conditions, takesUsual: takesUsual(rule), place: this.#places++ };
        this.#index.add(hosts, rule.kind, rule.path, entry);
      }
    }
  }

  addFallbacks(fallbacks: readonly Fallback[]): void {
    for (const fallback of fallbacks) this.#fallbacks.add(fallback.hosts, 'prefix', '/', fallback);
    this.#only = fallbacks.length === 1 ? fallbacks[0] : undefined;
  }

  /**
   * The rule for a request, if there is one.
   * @param now wall-clock ms
   * @param consider told of each rule of its host and path that is looked at, the one that is found at last
   */
  find(
    host: string | undefined,
    path: string,
    request: RuleRequest,
    now: number,
    consider?: (entry: Entry, captures: Captures) => void,
  ): Found | undefined {
    let found: Found | undefined;
    this.#index.find(host, path, (entry, captures) => {
      consider?.(entry, captures);
      if (!takes(entry, request, now)) return false;
      found = { entry, captures };
      return true;
    });
    return found;
  }

  /** What becomes of a request that no rule matches. */
  fallback(host: string | undefined): Fallback {
    if (this.#only !== undefined) return this.#only;
    let found: Fallback | undefined;
    this.#fallbacks.find(host, '/', (fallback) => {
      found = fallback;
      return true;
    });
    return found!; // a rule set has one for every host
  }

  /** Methods that rules take at a path beside GET and HEAD. */
  otherMethods(host: string | undefined, path: string): string[] {
    const methods = new Set<string>();
    this.#index.find(host, path, ({ rule }) => {
      for (const method of rule.methods) methods.add(method);
      return false;
    });
    return [...methods].filter((method) => method !== 'GET' && method !== 'HEAD');
  }
}

export function ruleFinder({ keys, rules, fallbacks }: Omit<RuleSet, 'topics'>): RuleFinder {
  const finder = new RuleFinder();
  finder.keys = keys;
  finder.add(rules);
  finder.addFallbacks(fallbacks);
  return finder;
}

/** The rule for a plain GET of a URL. */
export function findRule(finder: RuleFinder, { host, pathname, search }: URL): Rule | undefined {
  const query = search.slice(1);
  const request: RuleRequest = { method: 'GET', query, headers: {}, address: '', country: undefined };
  return finder.find(host, pathname, request, Date.now())?.entry.rule;
}
