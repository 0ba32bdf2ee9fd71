/** Imports a text as `rules import` does, and tries the rules as `rules test` does. */
import assert from 'node:assert/strict';
import { type Format, formats } from '../../../src/cli/rules-import/formats.ts';
import { inOrder } from '../../../src/cli/rules-import/order.ts';
import { rulesText } from '../../../src/cli/rules-import/write.ts';
import { loadConfig } from '../../../src/config.ts';
import { trialOf } from '../../../src/server/redirect/rule-trial.ts';
import { parseRules } from '../../../src/server/redirect/rules.ts';

const { config } = loadConfig({ flags: {} });

export interface ImportedRules {
  /** `line: reason` of lines that are not carried over. */
  readonly left: readonly string[];
  /** The same of those that mean something a little different. */
  readonly differing: readonly string[];
  /** `301 https://...` or a status alone, for a path or URL. */
  answer(url: string, headers?: Readonly<Record<string, string>>): string;
}

/** The rules of a text, which must pass the check. */
export function importText(format: Format, text: string, base?: string): ImportedRules {
  const imported = formats[format].read(text, { base });
  const written = rulesText(inOrder(imported), 'source', imported, config);
  const { set } = parseRules(
    written ?? 'rules: []\nfallbacks: [{target: "https://none.example/"}]',
    config,
    'imported',
  );
  const tryOut = trialOf(set, config);
  const told = (remarks: typeof imported.left): string[] =>
    remarks.map(({ line, reason }) => `${line}: ${reason}`);
  return {
    left: told(imported.left),
    differing: told(imported.differing),
    answer: (url, headers = {}) => {
      const { status, locations } = tryOut({
        url,
        method: 'GET',
        headers,
        address: '127.0.0.1',
        now: Date.now(),
      });
      return [status, ...locations].join(' ');
    },
  };
}

/** Checks what requests get, line by line: a URL, and the status with the Location. */
export function assertAnswers(rules: ImportedRules, table: string): void {
  const lines = table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const answered = lines.map((line) => {
    const [url = ''] = line.split(/\s+/);
    return `${url} ${rules.answer(url)}`;
  });
  assert.deepEqual(
    answered,
    lines.map((line) => line.replace(/\s+/g, ' ')),
  );
}
