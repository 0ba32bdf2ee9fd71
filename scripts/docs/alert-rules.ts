/** charts/redirector/files/alerts.yaml, as its page and the tests read it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface Rule {
  readonly expr: string;
  /** Undefined where there is nothing to wait for. */
  readonly for?: string;
}

export interface RecordingRule extends Rule {
  readonly record: string;
}

export interface Alert extends Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly action: string };
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (RecordingRule | Alert)[] }[];
}

export const ruleFilePath = fileURLToPath(
  new URL('../../charts/redirector/files/alerts.yaml', import.meta.url),
);

export const ruleFile = (): RuleFile => parse(readFileSync(ruleFilePath, 'utf8'));

/** Every rule, in the order of the file. */
export const rulesOf = ({ groups }: RuleFile): (RecordingRule | Alert)[] =>
  groups.flatMap(({ rules }) => rules);

export const isAlert = (rule: RecordingRule | Alert): rule is Alert => 'alert' in rule;
