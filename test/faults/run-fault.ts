/**
 * Runs a fault: a real Kafka, a real server, a steady load; calm, the fault, its healing, recovery without a restart, the end; and
 * says what became of every answer and every record.
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from '../../src/server/admin/stats.ts';
import { type LedgerSnapshot, totalDropped } from '../../src/server/queue/ledger-snapshot.ts';
import type { Click } from '../support/clicks.ts';
import { type ServingServer, serve } from '../support/kafka-server.ts';
import { kcatConsume } from '../support/kcat.ts';
import { type LoadResult, startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Fault, Scene, Stage } from './fault.ts';
import type { Lab } from './lab.ts';

export interface Pace {
  readonly rps: number;
  /** The first requests of a process are slow: what comes in this time is in no figure. */
  readonly warmUpSeconds: number;
  /** How long it is calm before the fault, and after recovery. */
  readonly calmSeconds: number;
  /** How long the fault lasts once the server has met it. */
  readonly faultSeconds: number;
}

export interface FaultReport {
  readonly fault: string;
  readonly answers: LoadResult;
  /** From the moment a request was due to its answer, in ms; null where no calm came first. */
  readonly p99Ms: { readonly before: number | null; readonly during: number };
  /** The server's own books, from its last line. */
  readonly ledger: LedgerSnapshot;
  readonly possibleDuplicates: number;
  /** Different records in the topic at the end, by id. */
  readonly found: number;
  /** The highest sequence in the topic: that of the newest record in it. */
  readonly newest: number;
  /** What a reader of the topic alone can tell to be missing, by the sequences in the ids. */
  readonly missing: number;
  /** Records in the topic that were there already. */
  readonly duplicates: number;
  /** Delivered records that the fault itself took out of the topic. */
  readonly takenAway: number;
  /** By partition: records of the topic at the end. */
  readonly foundIn: Readonly<Record<number, number>>;
  /** From the healing until all that was recorded before it was settled and the sink was connected. */
  readonly recoverySeconds: number;
  /** Of listeners. */
  readonly restarts: number;
  readonly exitCode: number | null;
  /** Lines of the log that tell of trouble. */
  readonly troubles: readonly string[];
}

const RECOVERY_MS = 60_000;

export async function runFault(fault: Fault, lab: Lab, pace: Pace): Promise<FaultReport> {
  const bench = await lab.bench(fault.brokers);
  const stage: Stage = { ...bench, topic: `fault.${fault.name}.${randomBytes(4).toString('hex')}` };
  const { brokers } = bench.kafka;
  if (fault.topic !== 'missing') await createTopic(brokers, { ...fault.topic, name: stage.topic });
  const prepared = (await fault.prepare?.(stage)) ?? {};
  await using server = await serve({
    brokers: brokers.join(','),
    topic: stage.topic,
    'request.timeout': '2s',
    ...fault.flags,
    ...prepared,
  });
  const course = await runCourse(fault, stage, server, pace);
  const { answers } = course;
  const { possibleDuplicates, listeners } = await server.quiet(answers.sent);
  const { code, lastLine } = await server.stop();
  const records = await kcatConsume(brokers, stage.topic);
  const ids = new Set(records.map(({ value }) => (JSON.parse(value!.toString()) as Click).id));
  const newest = [...ids].reduce((highest, id) => Math.max(highest, sequenceOf(id)), 0);
  return {
    ...course,
    fault: fault.name,
    ledger: lastLine.ledger,
    possibleDuplicates,
    found: ids.size,
    newest,
    missing: newest - ids.size,
    duplicates: records.length - ids.size,
    foundIn: countBy(records, ({ partition }) => partition),
    restarts: listeners.reduce((sum, { restarts }) => sum + restarts, 0),
    exitCode: code,
    troubles: server
      .stderr()
      .split('\n')
      .filter((line) => /"level":"(warn|error)"/.test(line)),
  };
}

const sequenceOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1));

type Course = Pick<FaultReport, 'answers' | 'p99Ms' | 'recoverySeconds' | 'takenAway'>;

/** The time of the load: from calm to recovered. */
async function runCourse(fault: Fault, stage: Stage, server: ServingServer, pace: Pace): Promise<Course> {
  const { rps, warmUpSeconds, calmSeconds, faultSeconds } = pace;
  const load = startLoad(server.url, rps);
  const pass = async (seconds: number): Promise<void> => {
    const target = load.sent + seconds * rps;
    await waitFor(`${target} requests`, () => load.sent >= target, { timeoutMs: 60_000 });
  };
  const scene: Scene = { ...stage, server, load, rps, pass };
  try {
    await pass(warmUpSeconds);
    let before: number | null = null;
    if (fault.fromStart !== true) {
      await server.waitForStats('the first delivery', ({ ledger }) => ledger.delivered > 0);
      const calm = load.measure();
      await pass(calmSeconds);
      before = calm.percentile(99);
    }
    const during = load.measure();
    await fault.inject(scene);
    await pass(faultSeconds);
    const takenAway = (await fault.takenAway?.(scene)) ?? 0;
    await fault.heal(scene);
    const healed = performance.now();
    const owed = load.sent;
    await server.waitForStats('recovery', (stats) => hasRecovered(stats, owed), RECOVERY_MS);
    const recoverySeconds = (performance.now() - healed) / 1000;
    load.measure();
    await pass(calmSeconds);
    const answers = await load.stop();
    return { answers, p99Ms: { before, during: during.percentile(99) }, recoverySeconds, takenAway };
  } finally {
    await load.stop();
  }
}

/** The first `owed` records are settled, none of them waits on a disk, and the sink is well. */
function hasRecovered({ ledger, sink }: Stats, owed: number): boolean {
  const settled = ledger.delivered + totalDropped(ledger.dropped);
  return sink.state === 'connected' && ledger.spooled === 0 && settled >= owed;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
