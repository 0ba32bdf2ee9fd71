/** `npm run faults`: runs the faults one after another and prints the table of what became of answers and records. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../support/foreground.ts';
import { assertHolds } from './assert-holds.ts';
import { faults } from './catalogue.ts';
import type { Fault } from './fault.ts';
import { makeLab } from './lab.ts';
import { type FaultReport, type Pace, runFault } from './run-fault.ts';
import { conditions, faultTable, withTable } from './table.ts';

const USAGE = `npm run faults [-- --fault NAME --rps N --seconds S --json --write FILE]

Breaks a real Kafka in every way of docs/faults.md, under a server with a steady load, and prints what became of
every answer and every record. Exit code 1 when something did not hold.
  --fault    only this one; may be repeated. One of:
             ${faults.map(({ name }) => name).join('\n             ')}
  --rps      requests a second, 1000 by default
  --seconds  of calm, and of each fault; 10 by default
  --json     the reports instead of the table
  --write    writes the table of all faults into this page too, if all of it holds
`;

const WARM_UP_SECONDS = 2;

interface Wish {
  readonly chosen: readonly Fault[];
  readonly pace: Pace;
  readonly json: boolean;
  readonly page: string | undefined;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} must be a number above 0, not "${text}"`);
  return value;
}

/** @returns undefined when help was asked for */
function parse(): Wish | undefined {
  const { values } = parseArgs({
    options: {
      fault: { type: 'string', multiple: true },
      rps: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      write: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const unknown = values.fault?.find((wanted) => !faults.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new UsageError(`there is no fault "${unknown}"\n\n${USAGE}`);
  if (values.fault !== undefined && values.write !== undefined)
    throw new UsageError('--write writes the whole table: leave out --fault');
  const seconds = positive('seconds', values.seconds);
  return {
    chosen: faults.filter(({ name }) => values.fault?.includes(name) ?? true),
    pace: {
      rps: positive('rps', values.rps),
      warmUpSeconds: WARM_UP_SECONDS,
      calmSeconds: seconds,
      faultSeconds: seconds,
    },
    json: values.json,
    page: values.write,
  };
}

/** Runs the faults and tells on standard error how each went. */
async function run({ chosen, pace }: Wish): Promise<FaultReport[]> {
  const lab = makeLab();
  const reports: FaultReport[] = [];
  try {
    for (const fault of chosen) {
      process.stderr.write(`${fault.name}: ${fault.holds} ... `);
      const verdict = await attempt(fault, async () => {
        const report = await runFault(fault, lab, pace);
        reports.push(report);
        assertHolds(fault, report);
      });
      process.stderr.write(`${verdict}\n`);
    }
  } finally {
    await lab.stop();
  }
  return reports;
}

/** "holds", or what did not; then the exit code is 1. */
async function attempt(fault: Fault, work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'holds';
  } catch (error) {
    process.exitCode = 1;
    return `DOES NOT HOLD (${fault.name}): ${error instanceof Error ? error.message : String(error)}`;
  }
}

try {
  const wish = parse();
  if (wish === undefined) {
    process.stdout.write(USAGE);
  } else {
    const reports = await run(wish);
    const table = faultTable(wish.chosen, reports);
    process.stdout.write(wish.json ? `${JSON.stringify(reports, null, 2)}\n` : `${table}\n`);
    if (wish.page !== undefined && process.exitCode === undefined) {
      const page = readFileSync(wish.page, 'utf8');
      writeFileSync(wish.page, withTable(page, `${conditions(wish.pace)}\n\n${table}`));
    }
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
