/** Rules as a file would bring them, for unit tests. */
import { loadConfig } from '../../../src/config.ts';
import { RedirectorError } from '../../../src/errors.ts';
import { type Answer, answererOf, type Chance } from '../../../src/server/redirect/answers.ts';
import { clickId } from '../../../src/server/redirect/click-id.ts';
import { Redaction } from '../../../src/server/redirect/privacy.ts';
import { ruleFinder } from '../../../src/server/redirect/rule-finder.ts';
import { type LoadedRules, parseRules } from '../../../src/server/redirect/rules.ts';

const { config } = loadConfig({ flags: { rules: 'rules.yaml' } });

/** @throws RedirectorError RULES_INVALID */
export const rulesOf = (text: string): Omit<LoadedRules, 'hash'> => parseRules(text, config, 'rules.yaml');

/** What is said of a text that is no rules file; undefined where it is one. */
export function mistakeIn(text: string): string | undefined {
  try {
    rulesOf(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RedirectorError && error.code === 'RULES_INVALID')) throw error;
    return /^The rules file "rules\.yaml" is not valid: (.*)\.$/s.exec(error.message)![1];
  }
}

export interface Request {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  readonly client?: string;
  readonly country?: string;
}

/** Answers by a rules file as a listener does, at any time and with any luck. */
export function answering(
  text: string,
  chance: Partial<Chance> = {},
  redacted?: readonly string[],
): (requestTarget: string, request?: Request) => Answer {
  const real: Chance = { now: Date.now, draw: Math.random, clickId };
  const redaction = redacted === undefined ? undefined : new Redaction(redacted);
  const options = { maxUrlBytes: 8192, redaction };
  const answerTo = answererOf(ruleFinder(rulesOf(text).set), options, { ...real, ...chance });
  return (requestTarget, { method = 'GET', host, headers = {}, client = '192.0.2.1:5', country } = {}) => {
    const all = host === undefined ? headers : { ...headers, host };
    return answerTo({ method, requestTarget, headers: all, client, country });
  };
}

/** The value of a header of an answer. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  const at = headers.findIndex((one, index) => index % 2 === 0 && one === name);
  return at === -1 ? undefined : headers[at + 1];
}
