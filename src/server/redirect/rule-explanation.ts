/** Why a request gets the rule that it gets, told by the checks that decide. For people who ask; no server does. */
import type { RuleRequest } from './rule-conditions.ts';
import { type Entry, hasBegun, isNotOver, type RuleFinder, takesMethod } from './rule-finder.ts';
import type { Captures } from './rule-index.ts';
import type { Rule } from './rule-set.ts';

/** One thing that a rule asks of a request. */
export interface ToldCheck {
  readonly holds: boolean;
  /** `method POST is not GET, HEAD` */
  readonly text: string;
}

/** A rule of the request's host and path. */
export interface ConsideredRule {
  readonly rule: Rule;
  /** The one of its hosts that the request has; undefined: it is for every host. */
  readonly host: string | undefined;
  readonly captures: Captures;
  /** Those of a rule that is taken hold all. */
  readonly checks: readonly ToldCheck[];
}

/**
 * The rules that are looked at for a request, in their order: the last one is taken if all of its checks hold.
 * @param now wall-clock ms
 */
export function considerRules(
  finder: RuleFinder,
  host: string | undefined,
  path: string,
  request: RuleRequest,
  now: number,
): ConsideredRule[] {
  const considered: ConsideredRule[] = [];
  finder.find(host, path, request, now, (entry, captures) => {
    considered.push({
      rule: entry.rule,
      host: entry.host,
      captures,
      checks: toldChecks(entry, request, now),
    });
  });
  return considered;
}

const timeText = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

function toldChecks({ rule, conditions }: Entry, request: RuleRequest, now: number): ToldCheck[] {
  const told = (holds: boolean, subject: string, given: string, wanted: string): ToldCheck => ({
    holds,
    text:
      given === wanted ? `${subject} is ${given}` : `${subject} ${given} is ${holds ? '' : 'not '}${wanted}`,
  });
  const checks = [
    told(
      takesMethod(rule, request),
      'method',
      request.method,
      `${rule.methods.length > 1 ? 'one of ' : ''}${rule.methods.join(', ')}`,
    ),
  ];
  if (Number.isFinite(rule.notBefore)) {
    checks.push(told(hasBegun(rule, now), 'time', timeText(now), `at or after ${timeText(rule.notBefore)}`));
  }
  if (Number.isFinite(rule.expires)) {
    checks.push(told(isNotOver(rule, now), 'time', timeText(now), `before ${timeText(rule.expires)}`));
  }
  for (const { holds, subject, wanted, given } of conditions) {
    checks.push(told(holds(request), subject, given(request), wanted));
  }
  return checks;
}
