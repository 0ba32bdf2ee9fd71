/** `redirector rules check`. */
import { exitCode } from '../../../errors.ts';
import type { RuleSet } from '../../../server/redirect/rule-set.ts';
import type { Finding } from '../../../server/redirect/rules.ts';
import { defineCommand } from '../../command.ts';
import { printJson, printLine } from '../../output.ts';
import { fileArgument, readText, rulesOptions, shownName } from '../../rules-file.ts';

export const command = defineCommand({
  details:
    'Exits 0 when a server can be started with it, 1 when not. It tells each mistake as FILE:LINE: error, and what works but could be better, such as redirects that lead on to another of our own, as a warning. Rules with signed targets need --signing-keys.',
  examples: [
    ['redirector rules check rules.yaml', 'Names every mistake, with its line'],
    ['redirector rules check -', 'What standard input has, such as that of git show :rules.yaml'],
    ['redirector rules check rules.yaml --config redirector.yaml --json', 'With the options of a server'],
  ],
  takes: rulesOptions,
  json: true,
  args: { file: fileArgument },
  async run({ args: { file }, json, loadConfig }) {
    const { judgeRules, keysOf, rulesHash } = await import('../../../server/redirect/rules.ts');
    const { config } = loadConfig();
    const keys = keysOf(config);
    const text = await readText(file);
    const judged = judgeRules(text, config, keys);
    const isRight = judged.kind === 'rules';
    const mistakes = isRight ? [] : judged.mistakes;
    const warnings = isRight ? judged.warnings : [];
    const summary = isRight ? { ...summaryOf(judged.set), hash: rulesHash(text, keys) } : null;
    if (json) {
      printJson({ ok: isRight, mistakes: mistakes.map(shown), warnings: warnings.map(shown), summary });
    } else {
      for (const mistake of mistakes) printFinding(file, 'error', mistake);
      for (const warning of warnings) printFinding(file, 'warning', warning);
      printLine(summary === null ? counted(mistakes.length, 'mistake') : summaryText(summary));
    }
    return isRight ? exitCode.ok : exitCode.checkFailed;
  },
});

interface Summary {
  readonly rules: number;
  readonly paths: number;
  readonly prefixes: number;
  readonly patterns: number;
  /** Host names, those with `*.` as one. */
  readonly hosts: number;
  readonly fallbacks: number;
  readonly hash: string;
}

function summaryOf({ rules, fallbacks }: RuleSet): Omit<Summary, 'hash'> {
  const ofKind = (kind: string): number => rules.filter((rule) => rule.kind === kind).length;
  return {
    rules: rules.length,
    paths: ofKind('path'),
    prefixes: ofKind('prefix'),
    patterns: ofKind('pattern'),
    hosts: new Set(rules.flatMap(({ hosts }) => hosts)).size,
    fallbacks: fallbacks.filter(({ rule }) => rule !== undefined).length,
  };
}

const counted = (count: number, thing: string, things = `${thing}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? thing : things}`;

const summaryText = ({ rules, paths, prefixes, patterns, hosts, fallbacks, hash }: Summary): string =>
  `ok: ${counted(rules, 'rule')} (${counted(paths, 'path')}, ${counted(prefixes, 'prefix', 'prefixes')}, ${counted(patterns, 'pattern')}), ${counted(hosts, 'host')}, ${counted(fallbacks, 'fallback')}; hash ${hash}`;

const shown = ({ line, at, reason }: Finding) => ({ line: line ?? null, column: at?.column ?? null, reason });

function printFinding(file: string, kind: 'error' | 'warning', { line, at, reason }: Finding): void {
  const place = [shownName(file), line, at?.column].filter((part) => part !== undefined).join(':');
  printLine(`${place}: ${kind}: ${reason}`);
}
