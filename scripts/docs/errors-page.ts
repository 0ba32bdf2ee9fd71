/** docs/errors.md, from the error catalogue. */
import { catalogue, exitCode } from '../../src/errors.ts';

const EXIT_MEANINGS: Readonly<Record<keyof typeof exitCode, string>> = {
  ok: 'All is well.',
  checkFailed: 'The check said no (a load test, config check), or what was asked for is not there.',
  usage: 'The command line, the configuration, or this machine (a port in use) must be put right first.',
  unreachable: 'Something outside cannot be reached, refused, or gave up.',
  bug: 'A bug in Redirector: please report it.',
};

/** `{path}` stands for a detail. */
const withPlaceholders = (sentence: string): string => sentence.replace(/\{\w+\}/g, '`$&`');

/** The page's text. */
export function errorsPage(): string {
  const exits = Object.entries(exitCode).map(
    ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof exitCode]} |`,
  );
  const errors = Object.entries(catalogue).map(([code, entry]) =>
    [
      `### ${code}`,
      '',
      `> ${withPlaceholders(entry.message)}`,
      '',
      `${withPlaceholders(entry.hint)} Exit code ${entry.exit}.`,
      '',
    ].join('\n'),
  );
  const page = [
    '# Errors and exit codes',
    '',
    'An error is one sentence on standard error for each thing that is wrong, then what to do. `--debug` adds the stack.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    ...exits,
    '',
    ...errors,
  ];
  return `${page.join('\n').trimEnd()}\n`;
}
