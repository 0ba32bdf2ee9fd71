/** Shows what became of a request that was tried, as text and as a document. */
import { STATUS_CODES } from 'node:http';
import type { ConsideredRule } from '../../server/redirect/rule-explanation.ts';
import type { Rule } from '../../server/redirect/rule-set.ts';
import type { Trial, TrialRequest } from '../../server/redirect/rule-trial.ts';
import { printLine, styled } from '../output.ts';

/** Finds the line of a rule in its file. */
export type LineOf = (rule: Rule) => number | undefined;

const without: Readonly<Record<Exclude<Trial['by'], 'rule'>, string>> = {
  fallback: 'no rule: the fallback',
  method: 'no rule: the method is not allowed',
  length: 'no rule: the URL is longer than limit.urlBytes',
  nothing: 'no rule, no fallback',
};

/** Prints it in lines: the answer, what decided, and what did not. */
export function printTrial(
  { url, method }: TrialRequest,
  trial: Trial,
  lineOf: LineOf,
  nearly: readonly string[],
): void {
  printLine(styled('bold', `${method} ${url}`));
  printLine(
    `  ${trial.status} ${STATUS_CODES[trial.status]}${trial.refusal === undefined ? '' : `: ${trial.refusal}`}`,
  );
  for (const location of trial.locations) printLine(`  Location: ${location}`);
  if (trial.cacheControl !== undefined) printLine(`  Cache-Control: ${trial.cacheControl}`);
  if (trial.rule === undefined) printLine(`  by ${without[trial.by as keyof typeof without]}`);
  else printRule('by', trial.rule, lineOf);
  for (const rule of trial.passedOver) printRule('not by', rule, lineOf);
  for (const sentence of nearly) printLine(`  ${sentence}`);
}

const hostText = (host: string | undefined): string => (host === undefined ? 'every host' : `host ${host}`);

function printRule(
  how: 'by' | 'not by',
  { rule, host, captures, checks }: ConsideredRule,
  lineOf: LineOf,
): void {
  const line = lineOf(rule);
  const name = rule.name === rule.path ? '' : ` "${rule.name}"`;
  printLine(
    `  ${how} rule${name}${line === undefined ? '' : ` (line ${line})`}: ${rule.kind} ${rule.path}, ${hostText(host)}`,
  );
  for (const [capture, value] of captures) printLine(`    {${capture}} is ${JSON.stringify(value)}`);
  for (const { holds, text } of checks) {
    printLine(`    ${holds ? styled('green', 'yes') : styled('red', 'no ')} ${text}`);
  }
}

/** The same for a program. */
export function trialDocument(
  { url, method }: TrialRequest,
  trial: Trial,
  lineOf: LineOf,
  nearly: readonly string[],
): object {
  const { status, locations, cacheControl, by, refusal } = trial;
  return {
    url,
    method,
    status,
    location: locations[0] ?? null,
    ...(locations.length > 1 ? { locations } : {}),
    cacheControl: cacheControl ?? null,
    by,
    rule: trial.rule === undefined ? null : ruleDocument(trial.rule, lineOf),
    passedOver: trial.passedOver.map((rule) => ruleDocument(rule, lineOf)),
    nearly,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

const ruleDocument = ({ rule, host, captures, checks }: ConsideredRule, lineOf: LineOf): object => ({
  name: rule.name,
  line: lineOf(rule) ?? null,
  kind: rule.kind,
  path: rule.path,
  host: host ?? null,
  captures: Object.fromEntries(captures),
  checks,
});
