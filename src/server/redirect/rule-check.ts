/** What is wrong with rules together: such that no request ever reaches, and redirects among our own hosts. */

import type { Mistake } from './rule-file.ts';
import { findRule, type RuleFinder, ruleFinder } from './rule-finder.ts';
import { captureNames, RuleIndex } from './rule-index.ts';
import type { Rule, RuleSet } from './rule-set.ts';
import { fillTemplate, isLiteral } from './target-template.ts';

export interface RuleFindings {
  /** The rules cannot be meant so. */
  readonly mistakes: readonly Mistake[];
  /** They work, and could be better. */
  readonly warnings: readonly Mistake[];
}

/** All that can be seen without a request. */
export function checkRules(set: RuleSet): RuleFindings {
  const { loops, warnings } = redirectsAmongOurs(set);
  return { mistakes: [...unreachable(set), ...fallbacksTwice(set), ...loops], warnings };
}

/** Whether it takes whatever comes to its path. */
const isUnconditional = ({ when, methods, notBefore, expires }: Rule): boolean =>
  Object.keys(when ?? {}).every((key) => key === 'method') &&
  methods.includes('GET') &&
  notBefore === Number.NEGATIVE_INFINITY &&
  expires === Number.POSITIVE_INFINITY;

/** Captures are the same whatever they are called. */
const shapeOf = ({ kind, path }: Rule): string =>
  kind === 'pattern' ? `${kind} ${path.replace(/\/([:*])[^/]*/g, '/$1')}` : `${kind} ${path}`;

/** Rules behind another that takes all of their requests. */
function unreachable({ rules }: RuleSet): Mistake[] {
  const mistakes: Mistake[] = [];
  const takers = new Map<string, Rule>();
  for (const [index, rule] of rules.entries()) {
    const hosts = rule.hosts.length === 0 ? [''] : rule.hosts;
    const keys = hosts.map((host) => `${host} ${shapeOf(rule)}`);
    const taken = keys.map((key) => takers.get(key));
    if (taken.every((taker) => rule.methods.every((one) => taker?.methods.includes(one)))) {
      const reason = `${rule.kind} "${rule.path}" is never reached: the rule "${taken[0]!.name}" before it takes all of it`;
      mistakes.push({ place: ['rules', index], reason });
    }
    if (isUnconditional(rule)) for (const key of keys) if (!takers.has(key)) takers.set(key, rule);
  }
  return mistakes;
}

/** Fallbacks for a host that has another one, each of them. */
function fallbacksTwice({ fallbacks }: RuleSet): Mistake[] {
  const byHost = new Map<string, number[]>();
  for (const [index, { hosts }] of fallbacks.entries()) {
    for (const host of hosts.length === 0 ? [''] : hosts) {
      byHost.set(host, [...(byHost.get(host) ?? []), index]);
    }
  }
  return [...byHost].flatMap(([host, indexes]) => {
    const what = host === '' ? 'every host' : `host "${host}"`;
    const reason = `there is more than one fallback for ${what}`;
    return indexes.length === 1 ? [] : indexes.map((index) => ({ place: ['fallbacks', index], reason }));
  });
}

/** Whether a host is ours: one that rules name, or below one of their `*.`. */
function ownHosts({ rules, fallbacks }: RuleSet): (host: string) => boolean {
  const hosts = new RuleIndex<true>();
  for (const one of [...rules, ...fallbacks]) {
    if (one.hosts.length > 0) hosts.add(one.hosts, 'path', '/', true);
  }
  return (host) => hosts.find(host, '/', () => true);
}

/** Redirects that lead to our own hosts and on from there: in a loop, or in a chain that could be one redirect. */
function redirectsAmongOurs(set: RuleSet): { loops: Mistake[]; warnings: Mistake[] } {
  const loops: Mistake[] = [];
  const warnings: Mistake[] = [];
  if ([...set.rules, ...set.fallbacks].every(({ hosts }) => hosts.length === 0)) return { loops, warnings };
  const isOurs = ownHosts(set);
  const finder = ruleFinder(set);
  for (const [index, rule] of set.rules.entries()) {
    const place = ['rules', index];
    const example = exampleTarget(rule);
    if (example === undefined || !isOurs(example.host)) continue;
    const comesBack = findRule(finder, example) === rule;
    if (comesBack && example.protocol === 'https:') {
      // From http to https: only who runs the server knows who answers there.
      warnings.push({
        place,
        reason: 'it redirects to itself by https: in a loop, where https comes here, too',
      });
      continue;
    }
    if (literalTarget(rule) === undefined) {
      // Not certain for every request: another rule may take some of them.
      if (comesBack)
        warnings.push({ place, reason: `it redirects to itself, such as to ${example}: in a loop` });
      continue;
    }
    const steps = chainFrom(rule, finder, isOurs);
    if (steps.length === 0) continue;
    const way = [rule, ...steps].map(({ name }) => `"${name}"`).join(' to ');
    if (steps.includes(rule)) loops.push({ place, reason: `it redirects in a loop: ${way}` });
    else
      warnings.push({
        place,
        reason: `it redirects to a host of ours, where another rule redirects on: ${way}`,
      });
  }
  return { loops, warnings };
}

/** The rules that a rule's target leads through, up to where they begin again. */
function chainFrom(rule: Rule, finder: RuleFinder, isOurs: (host: string) => boolean): Rule[] {
  const steps: Rule[] = [];
  for (let at: Rule | undefined = rule; at !== undefined; ) {
    const url = literalTarget(at);
    if (url === undefined || !isOurs(url.host)) break;
    at = findRule(finder, url);
    if (at === undefined || at.action.kind !== 'redirect' || steps.includes(at)) break;
    steps.push(at);
  }
  return steps;
}

/** What it captures, in an example of a request. */
const EXAMPLE = 'example';

/** Where an example of a request is sent. */
function exampleTarget({ kind, path, action }: Rule): URL | undefined {
  const [choice] = action.kind === 'redirect' ? action.choices : [];
  if (choice === undefined) return undefined;
  const captures = new Map(captureNames(kind, path).map((name) => [name, EXAMPLE]));
  const asked =
    kind === 'prefix' ? `${path.replace(/\/$/, '')}/${EXAMPLE}` : path.replace(/\/[:*][^/]*/g, `/${EXAMPLE}`);
  const values = { path: asked, query: '', captures, clickId: () => EXAMPLE };
  return URL.parse(fillTemplate(choice.template, values)) ?? undefined;
}

function literalTarget({ action }: Rule): URL | undefined {
  if (action.kind !== 'redirect') return undefined;
  const [choice] = action.choices;
  return choice !== undefined && isLiteral(choice.template)
    ? (URL.parse(choice.template[0]!) ?? undefined)
    : undefined;
}
