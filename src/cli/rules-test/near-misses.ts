/** Where no rule is for a host and path: those that nearly are, by the index that finds rules. */
import { RuleIndex } from '../../server/redirect/rule-index.ts';
import type { Rule } from '../../server/redirect/rule-set.ts';
import { suggestion } from '../../suggestion.ts';

/** Rules that are named for one reason. */
const MAX_NAMED = 3;

/**
 * Finds what can be meant.
 * @param path as sent, without the query
 * @returns a sentence for each
 */
export function nearMisses(rules: readonly Rule[], path: string): string[] {
  const index = new RuleIndex<Rule>();
  for (const rule of rules) index.add([], rule.kind, rule.path, rule);
  const takersOf = (wanted: string): Rule[] => {
    const takers: Rule[] = [];
    index.find(undefined, wanted, (rule) => takers.push(rule) === MAX_NAMED);
    return takers;
  };
  const ofOtherHosts = takersOf(path).map(
    ({ name, hosts }) => `rule "${name}" is for this path, but for the host ${hosts.join(', ')}`,
  );
  const others = [path.endsWith('/') ? path.slice(0, -1) : `${path}/`, path.toLowerCase()];
  const ofOtherPaths = others
    .filter((other) => other !== path && other !== '')
    .flatMap((other) => takersOf(other).map(({ name }) => `rule "${name}" takes ${other}`));
  const found = [...ofOtherHosts, ...ofOtherPaths];
  if (found.length > 0) return found;
  const paths = rules.filter(({ kind }) => kind === 'path').map((rule) => rule.path);
  const nearest = suggestion(path, paths).trim();
  return nearest === '' ? [] : [nearest];
}
