/** From the flags of a load test to what is to run, and what is printed of it. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readCase } from '../../../../loadtest/case-file.ts';
import { caseSettings, runCase } from '../../../../loadtest/case-run.ts';
import { findMaxRate, searchRows, stepHead, stepRow } from '../../../../loadtest/find-max.ts';
import { reportPage, searchPage } from '../../../../loadtest/html/page.ts';
import { type LoadtestReport, reportRows } from '../../../../loadtest/report.ts';
import { readRequestKinds } from '../../../../loadtest/request-kinds.ts';
import { runLoadtest } from '../../../../loadtest/run.ts';
import { checkSettings, type LoadtestFlags } from '../../../../loadtest/settings.ts';
import { watchOnStderr } from '../../../../loadtest/watch.ts';
import type { LoadedConfig } from '../../../config.ts';
import { reasonOf, userError } from '../../../errors.ts';
import type { OptionKey } from '../../../options.ts';
import { note, printJson, printTable, styled } from '../../output.ts';

type Verdict = LoadtestReport['verdict'];
type Preset = Readonly<Partial<Record<OptionKey, unknown>>>;

export interface PreparedLoadtest {
  /** Runs it and prints its report. */
  run(signal: AbortSignal): Promise<Verdict>;
  /** Says that it was interrupted, once `run` has ended. */
  interrupted(): void;
}

/** What every kind of load test ends with. */
interface Ending {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Checks everything that can be checked before anything is started.
 * @throws RedirectorError USAGE, CASE_INVALID, REQUESTS_INVALID, REPORT_UNWRITABLE, and what `loadConfig` throws.
 */
export function prepare(
  flags: LoadtestFlags & { readonly report?: string | undefined },
  json: boolean,
  loadConfig: (preset: Preset) => LoadedConfig,
): PreparedLoadtest {
  const requests = flags.requests === undefined ? undefined : readRequestKinds(flags.requests);
  const settings = checkSettings(flags, requests);
  const { report: page } = flags;
  if (page !== undefined) checkWritable(page);
  const loadCase = flags.case === undefined ? undefined : readCase(flags.case);
  const { warmupSeconds, seconds } =
    loadCase === undefined ? settings : caseSettings(loadCase, flags).settings;
  const watcher = watchOnStderr(warmupSeconds + seconds);

  const load = async (preset: Preset): Promise<LoadedConfig> => {
    const loaded = loadConfig(preset);
    if (loaded.config.brokers !== undefined) (await import('../../kafka-admin.ts')).hideNegativeTimers();
    return loaded;
  };
  const finish = <R extends Ending>(
    report: R,
    rows: readonly (readonly string[])[],
    toPage: (report: R) => string,
  ): Verdict => {
    watcher.close();
    if (page !== undefined) writePage(page, toPage(report));
    if (json) printJson(report);
    else printEnding(report, rows);
    return report.verdict;
  };

  return {
    async run(signal) {
      try {
        if (loadCase !== undefined) {
          const report = await runCase({ loadCase, flags, loadConfig: load, watcher, signal });
          return finish(report, reportRows(report), reportPage);
        }
        const request = { settings, loaded: await load({}), watcher, signal };
        if (settings.findMaxP99Ms === undefined) {
          const report = await runLoadtest(request);
          return finish(report, reportRows(report), reportPage);
        }
        const p99LimitMs = settings.findMaxP99Ms;
        const report = await findMaxRate({ ...request, p99LimitMs }, (step) => {
          note(
            `redirector: ${step.rps} a second: p99 ${step.p99Ms.toFixed(2)} ms, ${step.holds ? 'holds' : 'does not hold'}`,
          );
        });
        if (!json) printTable(report.steps.map(stepRow), stepHead);
        return finish(report, searchRows(report), searchPage);
      } finally {
        watcher.close();
      }
    },
    interrupted: () =>
      note('redirector: the load test was interrupted; what it started and made is stopped and removed.'),
  };
}

function printEnding({ verdict, reasons, notes }: Ending, rows: readonly (readonly string[])[]): void {
  printTable(rows);
  for (const line of notes) note(line);
  for (const reason of reasons) printTable([[styled('red', '-'), reason]]);
  printTable([[styled('bold', 'verdict'), styled(verdict === 'pass' ? 'green' : 'red', verdict)]]);
}

/** A run should not end with nowhere to write to. */
function checkWritable(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw userError('REPORT_UNWRITABLE', { path, reason: reasonOf(error) });
  }
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (error) {
    // What was measured is printed all the same.
    note(`redirector: the report "${path}" could not be written: ${reasonOf(error)}.`);
  }
}
