/** Shows what checks found, and what exit code that makes. */
import { exitCode } from '../../errors.ts';
import { printLine, type Style, styled } from '../output.ts';
import type { NamedFinding, Outcome } from './finding.ts';

const styles: Readonly<Record<Outcome, Style>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
};

/** 0 when nothing failed, 3 when all that failed is that something outside cannot be reached. */
export function codeOf(findings: readonly NamedFinding[]): number {
  const failures = findings.filter(({ outcome }) => outcome === 'failed');
  if (failures.length === 0) return exitCode.ok;
  if (failures.some(({ check }) => check === 'configuration')) return exitCode.usage;
  return failures.every(({ unreachable }) => unreachable) ? exitCode.unreachable : exitCode.checkFailed;
}

const OUTCOME_WIDTH = 'warning'.length;

export function printFindings(findings: readonly NamedFinding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, outcome, found, hint } of findings) {
    const label = styled(styles[outcome], outcome.padEnd(OUTCOME_WIDTH));
    printLine(`${label}  ${check.padEnd(width)}  ${found}`);
    if (hint !== undefined) printLine(`${' '.repeat(OUTCOME_WIDTH + width + 4)}${hint}`);
  }
  const count = (which: Outcome): number => findings.filter(({ outcome }) => outcome === which).length;
  printLine();
  printLine(
    `${count('failed')} failed, ${count('warning')} warnings, ${count('ok')} ok, ${count('skipped')} skipped.`,
  );
}

/** The findings as a JSON document has them. */
export const asDocument = (findings: readonly NamedFinding[]) =>
  findings.map(({ check, outcome, found, hint = null }) => ({ check, outcome, found, hint }));
