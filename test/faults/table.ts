/** The table of faults in docs/faults.md: one line a fault, with the figures of a run. */
import { cpus } from 'node:os';
import type { Fault } from './fault.ts';
import type { FaultReport, Pace } from './run-fault.ts';

const BEGIN = '<!-- The table is written by "npm run faults -- --write docs/faults.md". -->';
const END = '<!-- end of the table -->';

const columns: readonly (readonly [heading: string, cell: (report: FaultReport) => string])[] = [
  ['answers', ({ answers }) => whole(answers.answered)],
  ['failed', ({ answers }) => whole(answers.sent - answers.answered)],
  ['p99 before, ms', ({ p99Ms }) => (p99Ms.before === null ? 'none' : tenths(p99Ms.before))],
  ['p99 during, ms', ({ p99Ms }) => tenths(p99Ms.during)],
  ['offered', ({ ledger }) => whole(ledger.offered)],
  ['delivered', ({ ledger }) => whole(ledger.delivered)],
  ['dropped', ({ ledger }) => reasons(ledger.dropped)],
  ['unconfirmed', ({ ledger }) => whole(ledger.unconfirmed)],
  ['spooled', ({ ledger }) => whole(ledger.spooled)],
  ['possible duplicates', ({ possibleDuplicates }) => whole(possibleDuplicates)],
  ['in the topic', ({ found }) => whole(found)],
  ['twice in it', ({ duplicates }) => whole(duplicates)],
  ['recovery, s', ({ recoverySeconds }) => tenths(recoverySeconds)],
];

const whole = (count: number): string => count.toLocaleString('en-US');
const tenths = (value: number): string => value.toFixed(1);

function reasons(dropped: FaultReport['ledger']['dropped']): string {
  const parts = Object.entries(dropped).map(([reason, count]) => `${reason} ${whole(count)}`);
  return parts.length === 0 ? '0' : parts.join(', ');
}

/** A Markdown table with a row for each fault; a fault without a report has empty cells. */
export function faultTable(faults: readonly Fault[], reports: readonly FaultReport[]): string {
  const rows = faults.map(({ name }) => {
    const report = reports.find(({ fault }) => fault === name);
    return [`\`${name}\``, ...columns.map(([, cell]) => (report === undefined ? '' : cell(report)))];
  });
  const headings = ['fault', ...columns.map(([heading]) => heading)];
  return [headings, headings.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** One sentence on the machine and the load that made the figures. */
export function conditions({ rps, calmSeconds, faultSeconds }: Pace): string {
  const cores = cpus();
  return (
    `${rps} requests a second, ${calmSeconds} s of calm before and after, each fault for ${faultSeconds} s and as long as it ` +
    `takes to be met and healed; server, load and Kafka on one machine with ${cores.length} CPUs (${cores[0]?.model.trim()}).`
  );
}

/**
 * The page with another table in the place of the one that it has.
 * @throws Error when the page has no place for it
 */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from)
    throw new Error(`the page has no place for the table: "${BEGIN}" ... "${END}"`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}
