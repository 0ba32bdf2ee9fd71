/** What a request would get by some rules, and why: answered by the code that answers, explained by the checks that decide. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../../config.ts';
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
  /** What decided: one of the rules, the fallback of the host, the method, the length of the URL, or nothing. */
  readonly by: 'rule' | 'fallback' | 'method' | 'length' | 'nothing';
  readonly rule: ConsideredRule | undefined;
  /** Rules of its host and path that were looked at before, and not taken. */
  readonly passedOver: readonly ConsideredRule[];
  /** Why the target that the request names is refused. */
  readonly refusal: string | undefined;
  /** As it was sent, without the query. */
  readonly path: string;
}

/** What stands for an id of which each click has another. */
const CLICK_ID = '{click_id}';

/** The options that have a say beside the rules. */
export type TrialOptions = Pick<Config, 'limit.urlBytes' | 'proxy.countryHeader'>;

/** Makes trials of one set of rules. The header of the country is believed, as from a trusted proxy. */
export function trialOf(set: RuleSet, options: TrialOptions): (request: TrialRequest) => Trial {
  const finder = ruleFinder(set);
  return (request) => tryOut(finder, options, request);
}

function tryOut(
  finder: RuleFinder,
  options: TrialOptions,
  { url, method, headers: given, address, now }: TrialRequest,
): Trial {
  const hasHost = !url.startsWith('/');
  const { host: ofUrl, pathname: path, search } = new URL(hasHost ? url : `http://none.invalid${url}`);
  const host = given.host ?? (hasHost ? ofUrl : undefined);
  const headers = host === undefined ? given : { ...given, host };
  const query = search.slice(1);
  const country = headers[options['proxy.countryHeader']?.toLowerCase() ?? '']?.toString().toUpperCase();
  const answerFor = (draw: number): Answer => {
    const chance: Chance = { now: () => now, draw: () => draw, clickId: () => CLICK_ID };
    const client = hostAndPort(address, 0);
    const answer = answererOf(
      finder,
      { maxUrlBytes: options['limit.urlBytes'], redaction: undefined },
      chance,
    );
    return answer({ method, requestTarget: path + search, headers, client, country });
  };
  const first = answerFor(0);
  const request = { method, query, headers, address, country };
  const considered = first.status === 414 ? [] : considerRules(finder, host, path, request, now);
  const isTaken = considered.at(-1)?.checks.every(({ holds }) => holds) === true;
  const rule = isTaken ? considered.at(-1) : undefined;
  const answers = [first, ...furtherDraws(rule?.rule).map(answerFor)];
  return {
    status: first.status,
    locations: answers.map((answer) => field(answer, 'Location')).filter((one) => one !== undefined),
    cacheControl: field(first, 'Cache-Control'),
    by: isTaken ? 'rule' : (BY_STATUS[first.status] ?? 'fallback'),
    rule,
    passedOver: isTaken ? considered.slice(0, -1) : considered,
    refusal: refusalOf(rule?.rule, finder, query, now),
    path,
  };
}

/** What decides where no rule does and no fallback redirects. */
const BY_STATUS: Readonly<Record<number, Trial['by']>> = { 404: 'nothing', 405: 'method', 414: 'length' };

/** One draw for each of a rule's targets behind the first. */
const furtherDraws = (rule: Rule | undefined): number[] =>
  rule?.action.kind === 'redirect' ? rule.action.choices.slice(0, -1).map(({ upTo }) => upTo) : [];

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
