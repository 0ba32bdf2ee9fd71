/** What a worker thread has in common with the others: its views on the shared state, its log, its messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { RedirectorError, reasonOf, userError } from '../errors.ts';
import type { Log } from '../telemetry/log-line.ts';
import { SinkStats, sinkRow } from '../telemetry/sink-stats.ts';
import { watchLoop } from './loop-watch.ts';
import type {
  FateMessage,
  FromSinkThread,
  LogMessage,
  ThreadData,
  ToThread,
  TraceMessage,
  TracesMessage,
} from './messages.ts';
import { Ledger } from './queue/ledger.ts';
import { SlabPool } from './queue/slab-pool.ts';
import { TopicTable } from './queue/topic-table.ts';
import type { SinkHost, SinkReport } from './sink/sink.ts';

/** What the work of a sink thread needs of the thread that it is done in. */
export interface SinkThread {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly topics: TopicTable;
  /** Its own counts. */
  readonly stats: SinkStats;
  readonly boot: string;
  /** A predecessor of it has died. */
  readonly restarted: boolean;
  /** The fate of batches that are lost is told, also where no record of them is traced. */
  readonly tellsLost: boolean;
  readonly log: SinkHost['log'];
  /** Tells the supervisor. */
  readonly tell: (message: FromSinkThread) => void;
  /** Tells the supervisor of a batch with traced records, soon. */
  readonly tellTrace: (message: FateMessage) => void;
  /** Calls `drain` once, with a deadline (monotonic ms), when the supervisor says so. */
  readonly onDrain: (drain: (deadline: number) => Promise<void>) => void;
  /** Tells the supervisor the status of a sink, now and whenever it has changed. */
  readonly reportStatus: (sink: SinkReport) => void;
}

/** This thread, as the work of a sink thread sees it. */
export function sinkThread(data: ThreadData, name: keyof typeof sinkRow): SinkThread {
  const { boot, restarted, shared, loopRow, tellsLost } = data;
  watchLoop(shared.loops, loopRow);
  const stats = new SinkStats(shared.sinks, sinkRow[name]);
  return {
    ...openShared(data),
    stats,
    boot,
    restarted,
    tellsLost,
    log,
    tell,
    tellTrace,
    onDrain,
    reportStatus,
  };
}

/** The data that the supervisor started this thread with. */
export const threadData = <T extends ThreadData>(): T => workerData as T;

/** Traces are told within this time, many at once: each message wakes the supervisor, which costs more than what is in it. */
const TRACES_EVERY_MS = 100;
/** Or as soon as there are so many. */
const MAX_TRACES = 256;

let traces: TraceMessage[] = [];
let tracesTimer: NodeJS.Timeout | undefined;

/** Tells the supervisor of a traced redirect or its batch, soon. */
export function tellTrace(message: TraceMessage): void {
  traces.push(message);
  if (traces.length >= MAX_TRACES) tellTraces();
  else tracesTimer ??= setTimeout(tellTraces, TRACES_EVERY_MS);
}

function tellTraces(): void {
  clearTimeout(tracesTimer);
  tracesTimer = undefined;
  if (traces.length === 0) return;
  parentPort!.postMessage({ type: 'traces', traces } satisfies TracesMessage);
  traces = [];
}

/** Tells the supervisor, after all that it was told before. */
export function tell(message: object): void {
  tellTraces();
  parentPort!.postMessage(message);
}

/** One event for the log, written by the supervisor. */
export const log: Log = (event, ...fields) => {
  tell({ type: 'log', event, fields: fields[0] ?? {} } satisfies LogMessage);
};

/** This thread's views on the shared state. */
export const openShared = ({ shared }: ThreadData): Pick<SinkThread, 'pool' | 'ledger' | 'topics'> => ({
  pool: new SlabPool(shared.pool),
  ledger: new Ledger(shared.ledger),
  topics: new TopicTable(shared.topics),
});

const STATUS_EVERY_MS = 200;

/** Tells the supervisor the sink's status, pace and cluster, now and whenever one has changed. */
export function reportStatus(sink: SinkReport): void {
  let told: SinkReport | undefined;
  const report = (): void => {
    const { status, pace, cluster } = sink;
    if (status === told?.status && pace === told.pace && cluster === told.cluster) return;
    told = { status, pace, cluster };
    tell({ type: 'status', ...told });
  };
  report();
  setInterval(report, STATUS_EVERY_MS);
}

/** Calls `take` with each message of a type that the supervisor sends. */
export function onMessage<Type extends ToThread['type']>(
  type: Type,
  take: (message: Extract<ToThread, { readonly type: Type }>) => void,
): void {
  parentPort!.on('message', (message: ToThread) => {
    if (message.type === type) take(message as Extract<ToThread, { readonly type: Type }>);
  });
}

/** Calls `drain` once, when the supervisor says so. */
export const onDrain = (drain: (deadline: number) => Promise<void>): void =>
  onMessage('drain', ({ deadline }) => void drain(deadline));

/** Runs a start that may fail with a user error, which the supervisor then reports as the reason not to start. */
export async function starting(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const known =
      error instanceof RedirectorError
        ? error
        : userError('BUG', { reason: reasonOf(error) }, { cause: error });
    tell({ type: 'failed', code: known.code, message: known.message, hint: known.hint });
  }
}
