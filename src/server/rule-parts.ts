/** Hands rules to a running listener in parts: a large set all at once would hold up its answers. */
import type { RulesPart } from './messages.ts';
import { RuleFinder } from './redirect/rule-finder.ts';
import type { RuleSet } from './redirect/rule-set.ts';

/** Rules in one part: about a millisecond's work for who takes it. */
const PART_RULES = 500;

/** The parts of a set, in order; the last one has what there is beside rules. */
export function* partsOf({ keys, rules, fallbacks }: RuleSet, version: number): Generator<RulesPart> {
  for (let at = 0; at < rules.length; at += PART_RULES) {
    yield {
      type: 'rules',
      version,
      first: at === 0,
      rules: rules.slice(at, at + PART_RULES),
      rest: undefined,
    };
  }
  yield { type: 'rules', version, first: rules.length === 0, rules: [], rest: { keys, fallbacks } };
}

/** Puts parts together. */
export class RuleParts {
  #building = new RuleFinder();

  /** @returns the whole, when `part` was the last one */
  take({ first, rules, rest }: RulesPart): RuleFinder | undefined {
    if (first) this.#building = new RuleFinder();
    this.#building.add(rules);
    if (rest === undefined) return undefined;
    this.#building.keys = rest.keys;
    this.#building.addFallbacks(rest.fallbacks);
    return this.#building;
  }
}
