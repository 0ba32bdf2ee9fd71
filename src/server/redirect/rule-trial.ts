/** What a request would get by some rules, and why: answered by the code that answers, explained by the checks that decide. */
import type { IncomingHttpHeaders } from 'node:http';
import { hostAndPort } from '../../hosts.ts';
import { type Answer, answererOf, type Chance } from './answers.ts';
import { dynamicTarget } from './dynamic-target.ts';
import { type ConsideredRule, considerRules } from './rule-explanation.ts';
import { type RuleFinder, ruleFinder } from './rule-finder.ts';
import type { Rule, RuleSet } from './rule-set.ts';

export interface TrialRequest {
  /** A path, with or without a query, or an http(s) URL; taken as a browser would send it. */
  readonly url: string;
  readonly method: string;
  /** Names in lower case. A `host` of it wins over that of the URL. */
  readonly headers: IncomingHttpHeaders;
  /** The client's, without a port. */
  readonly address: string;
  /** Wall-clock ms. */
  readonly now: number;
}

/** What became of a request. */
export interface Trial {
  readonly status: number;
  /** Every Location that it can get: several where the rule has several targets, none where it is no redirect. */
  readonly locations: readonly string[];
  readonly cacheControl: string | undefined;
  /** What decided: one of the rules, the fallback of the host, the method, or nothing. */
  readonly by: 'rule' | 'fallback' | 'method' | 'nothing';
  readonly rule: ConsideredRule | undefined;
  /** Rules of its host and path that were looked at before, and not taken. */
  readonly passedOver: readonly ConsideredRule[];
  /** Why the target that the request names is refused. */
  readonly refusal: string | undefined;
  /** As they were sent. */
  readonly host: string | undefined;
  readonly path: string;
}

/** What stands for an id of which each click has another. */
const CLICK_ID = '{click_id}';

/** Makes trials of one set of rules. */
export function trialOf(set: RuleSet): (request: TrialRequest) => Trial {
  const finder = ruleFinder(set);
  return (request) => tryOut(finder, request);
}

function tryOut(finder: RuleFinder, { url, method, headers: given, address, now }: TrialRequest): Trial {
  const hasHost = !url.startsWith('/');
  const { host: ofUrl, pathname: path, search } = new URL(hasHost ? url : `http://none.invalid${url}`);
  const host = given.host ?? (hasHost ? ofUrl : undefined);
  const headers = host === undefined ? given : { ...given, host };
  const query = search.slice(1);
  const considered = considerRules(finder, host, path, { method, query, headers, address }, now);
  const isTaken = considered.at(-1)?.checks.every(({ holds }) => holds) === true;
  const client = hostAndPort(address, 0);
  const rule = isTaken ? considered.at(-1) : undefined;
  const answers = draws(rule?.rule).map((draw) => {
    const chance: Chance = { now: () => now, draw: () => draw, clickId: () => CLICK_ID };
    return answererOf(finder, chance)({ method, requestTarget: path + search, headers, client });
  });
  const { status } = answers[0]!;
  return {
    status,
    locations: answers.map((answer) => field(answer, 'Location')).filter((one) => one !== undefined),
    cacheControl: field(answers[0]!, 'Cache-Control'),
    by: isTaken ? 'rule' : status === 405 ? 'method' : status === 404 ? 'nothing' : 'fallback',
    rule,
    passedOver: isTaken ? considered.slice(0, -1) : considered,
    refusal: refusalOf(rule?.rule, finder, query, now),
    host,
    path,
  };
}

/** One draw for each of a rule's targets. */
function draws(rule: Rule | undefined): number[] {
  if (rule?.action.kind !== 'redirect') return [0];
  return [0, ...rule.action.choices.slice(0, -1).map(({ upTo }) => upTo)];
}

/** The value of a header of an answer. */
function field({ headers }: Answer, name: string): string | undefined {
  const at = headers.indexOf(name);
  return at === -1 ? undefined : headers[at + 1];
}

function refusalOf(
  rule: Rule | undefined,
  { keys }: RuleFinder,
  query: string,
  now: number,
): string | undefined {
  if (rule?.action.kind !== 'dynamic') return undefined;
  const found = dynamicTarget(rule.action.spec, keys, query, now);
  return found.kind === 'refused' ? found.reason : undefined;
}
