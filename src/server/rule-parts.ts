/** Hands rules to a running listener in parts: a large set all at once would hold up its answers. */
import type { RulesPart } from './messages.ts';
import { RuleFinder } from './redirect/rule-finder.ts';
import type { RuleSet } from './redirect/rule-set.ts';

/** Rules in one part: about a millisecond's work for who takes it. */
const PART_RULES = 500;

/** The parts of a set, in order; the last one has the fallbacks. */
export function* partsOf({ rules, fallbacks }: RuleSet, version: number): Generator<RulesPart> {
  for (let at = 0; at < rules.length; at += PART_RULES) {
    yield {
      type: 'rules',
      version,
      first: at === 0,
      rules: rules.slice(at, at + PART_RULES),
      fallbacks: undefined,
    };
  }
  yield { type: 'rules', version, first: rules.length === 0, rules: [], fallbacks };
}

/** Puts parts together. */
export class RuleParts {
  #building = new RuleFinder();

  /** @returns the whole, when `part` was the last one */
  take({ first, rules, fallbacks }: RulesPart): RuleFinder | undefined {
    if (first) this.#building = new RuleFinder();
    this.#building.add(rules);
    if (fallbacks === undefined) return undefined;
    this.#building.addFallbacks(fallbacks);
    return this.#building;
  }
}
