/** Finds the rule for a request: the index by host and path, and then what else a rule asks for. */
import type { SigningKeys } from './dynamic-target.ts';
import { type Condition, conditionOf, type RuleRequest } from './rule-conditions.ts';
import { type Captures, RuleIndex } from './rule-index.ts';
import type { Fallback, Rule, RuleSet } from './rule-set.ts';

/** A rule that was found, and what it captured. */
export interface Found {
  readonly rule: Rule;
  readonly captures: Captures;
}

interface Entry {
  readonly rule: Rule;
  readonly condition: Condition | undefined;
}

/** Built once in each thread, part by part if need be. */
export class RuleFinder {
  keys: SigningKeys = new Map();
  readonly #index = new RuleIndex<Entry>();
  readonly #fallbacks = new RuleIndex<Fallback>();

  add(rules: readonly Rule[]): void {
    for (const rule of rules) {
      this.#index.add(rule.hosts, rule.kind, rule.path, { rule, condition: conditionOf(rule.when) });
    }
  }

  addFallbacks(fallbacks: readonly Fallback[]): void {
    for (const fallback of fallbacks) this.#fallbacks.add(fallback.hosts, 'prefix', '/', fallback);
  }

  /**
   * The rule for a request, if there is one.
   * @param now wall-clock ms
   */
  find(host: string | undefined, path: string, request: RuleRequest, now: number): Found | undefined {
    let found: Found | undefined;
    this.#index.find(host, path, ({ rule, condition }, captures) => {
      if (!rule.methods.includes(request.method) || now < rule.notBefore || now >= rule.expires) return false;
      if (condition !== undefined && !condition(request)) return false;
      found = { rule, captures };
      return true;
    });
    return found;
  }

  /** What becomes of a request that no rule matches. */
  fallback(host: string | undefined): Fallback {
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

export function ruleFinder({ keys, rules, fallbacks }: RuleSet): RuleFinder {
  const finder = new RuleFinder();
  finder.keys = keys;
  finder.add(rules);
  finder.addFallbacks(fallbacks);
  return finder;
}

/** The rule for a plain GET of a URL. */
export function findRule(finder: RuleFinder, { host, pathname, search }: URL): Rule | undefined {
  const request: RuleRequest = { method: 'GET', query: search.slice(1), headers: {}, address: '' };
  return finder.find(host, pathname, request, Date.now())?.rule;
}
