/** Sends a spool to Kafka without a server around it: the shipper and the spooler of one, and nothing that listens. */
import type { Config } from '../config.ts';
import { userError } from '../errors.ts';
import { redactor } from '../redaction.ts';
import { makeBootId } from './boot-id.ts';
import { ServerLog } from './log.ts';
import { MAX_DEATHS } from './managed-thread.ts';
import { RulesKeeper } from './rules-keeper.ts';
import { rulesLoader } from './rules-loader.ts';
import { drain } from './shutdown.ts';
import { Threads } from './threads.ts';

export interface SpoolDrain {
  /** What has become of its records so far, and why none moves; null: nothing is amiss. */
  read(): { readonly delivered: number; readonly rejected: number; readonly trouble: string | null };
  /** Lets what is under way finish, within shutdown.deadline, and closes the spool. What is not sent stays in it. */
  stop(): Promise<void>;
}

/**
 * Takes the spool that `config` names and begins to send it.
 * @param logLevel of what the threads tell
 * @throws RedirectorError SPOOL_LOCKED, SPOOL_UNUSABLE, and what a shipper cannot start with
 */
export async function startSpoolDrain(given: Config, logLevel: Config['log.level']): Promise<SpoolDrain> {
  const config: Config = {
    ...given,
    sink: 'kafka',
    'queue.overflow': 'drop_newest', // nothing comes in that could flow over
    listeners: 1,
    rules: undefined,
  };
  const redact = redactor(config, process.env);
  const log = new ServerLog({ level: logLevel, redact });
  const read = await rulesLoader(config);
  const rules = new RulesKeeper(config, read(), log.log, { read, admit() {}, onChange() {} });
  const threads = new Threads({
    config,
    boot: makeBootId(),
    rules,
    certificate: () => undefined,
    scanners: [],
    sampler: undefined,
    tellsLost: false,
    log,
    redact,
    onSpan() {},
    onFate() {},
    onGivenUp() {},
  });
  try {
    await threads.startSinks(true);
  } catch (error) {
    await threads.terminate();
    throw error;
  }
  return {
    read() {
      const { ledger, sink, spool } = threads.stats.read();
      const lost = threads.sinks.find(({ state }) => state === 'given_up');
      if (lost !== undefined) {
        const reason = sink.lastError ?? spool.lastError ?? 'the log has the cause';
        throw userError('THREAD_GIVEN_UP', { thread: lost.name, deaths: MAX_DEATHS, reason });
      }
      return {
        delivered: ledger.delivered,
        rejected: ledger.dropped.rejected ?? 0,
        trouble: sink.lastError ?? spool.lastError,
      };
    },
    async stop() {
      await drain({
        reason: 'drained',
        graceMs: 0,
        deadlineMs: config['shutdown.deadline'],
        pool: threads.pool,
        ledger: threads.ledger,
        listeners: [],
        sinks: threads.sinks,
        spills: false,
        onFate() {},
        hurry: new Promise(() => {}),
      });
      threads.stats.stop();
      rules.stop();
    },
  };
}
