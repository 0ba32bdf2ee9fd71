/**
 * The work of the spooler. The spool is the log itself, or takes what the queue cannot hold for Kafka, or holds an old log;
 * where something else is the log, its rows are played back.
 */
import type { Config } from '../config.ts';
import { reasonOf } from '../errors.ts';
import { dropColumn, type Ledger } from './queue/ledger.ts';
import { outcomeOf } from './queue/settlement.ts';
import { flag, owner, poolWord } from './queue/slab-layout.ts';
import { epochChange } from './queue/slab-pool.ts';
import type { SinkHost, SinkStatus } from './sink/sink.ts';
import { SinkState } from './sink/sink-state.ts';
import { spillGate } from './sink/spill-gate.ts';
import type { SpoolFile } from './sink/spool-file.ts';
import { SpoolReplay } from './sink/spool-replay.ts';
import { SpoolSink } from './sink/spool-sink.ts';
import { SinkLoop } from './sink-loop.ts';
import type { SinkThread } from './thread.ts';

/** A look without being woken: at rows that wait for room in the queue, and at an empty spool. */
const REPLAY_LOOK_MS = 200;
const IDLE_LOOK_MS = 1000;
/** How long a spool that failed is left alone. */
const FAILED_MS = 1000;

/** The options that it goes by. */
export type SpoolingConfig = Pick<
  Config,
  'sink' | 'queue.overflow' | 'delivery.timeout' | 'spool.maxBytes' | 'spool.whenFull'
>;

const hostOf = ({ pool, stats, log }: SinkThread): SinkHost => ({ stats, wake: () => pool.wake(), log });

/**
 * The spool knows what it holds and what it has done; the ledger follows it, also after a thread has died.
 * @param unsettled records that it holds and that their slabs still count
 */
function follow(ledger: Ledger, file: SpoolFile, unsettled = 0): void {
  const { expired, delivered, rejected } = file.counts;
  ledger.set(owner.SPOOLER, dropColumn('expired'), expired);
  ledger.set(owner.SPOOLER, dropColumn('rejected'), rejected);
  ledger.set(owner.SPOOLER, 'delivered', delivered);
  ledger.set(owner.SPOOLER, 'spooled', file.level.records - unsettled);
  ledger.set(owner.SPOOLER, 'spooledBytes', file.level.bytes);
}

/** The loop that writes slabs into the spool: all of them, or those that the queue cannot hold. */
function writingLoop(
  thread: SinkThread,
  config: SpoolingConfig,
  file: SpoolFile,
  replay: SpoolReplay | undefined,
): { sink: SpoolSink; loop: SinkLoop } {
  const { pool, ledger, topics, stats, boot, tellTrace, tellsLost } = thread;
  const isLog = config.sink === 'spool';
  const sink = new SpoolSink({
    pool,
    topics,
    file,
    boot,
    maxBytes: config['spool.maxBytes'],
    whenFull: config['spool.whenFull'],
    emptied: !isLog,
    isLeaving: (row) => replay?.isLeaving(row) ?? false,
    host: hostOf(thread),
    onCommit: (unsettled) => follow(ledger, file, unsettled),
  });
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SPOOLER,
    sink,
    stats,
    deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    ...(isLog ? {} : { chooser: spillGate(pool, config['delivery.timeout']) }),
    onFate: tellTrace,
    tellsLost,
  });
  return { sink, loop };
}

/** A replayed batch that may be in the topic: refused in the end, or to be sent again under no number. */
function countDoubt({ pool, ledger }: SinkThread, slab: number): void {
  const outcome = outcomeOf(pool, slab);
  if (outcome.kind !== 'dropped' || !pool.hasFlag(slab, flag.ON_WIRE)) return;
  if (outcome.reason === 'rejected') ledger.add(owner.SPOOLER, 'unconfirmed', pool.records(slab));
  // A pinned one is recognised, or counted when its row is read again.
  else if (!pool.hasFlag(slab, flag.PINNED))
    ledger.add(owner.SPOOLER, 'possibleDuplicates', pool.records(slab));
}

const EVENTS = {
  again: 'redirector.spool.replay_restored',
  down: 'redirector.spool.replay_failed',
} as const;

/** Plays rows back until stop() is called. */
class Player {
  readonly #thread: SinkThread;
  readonly #file: SpoolFile;
  readonly #replay: SpoolReplay;
  readonly #loop: SinkLoop | undefined;
  readonly #state: SinkState;
  #stopped = false;
  #announced: boolean;

  constructor(thread: SinkThread, file: SpoolFile, replay: SpoolReplay, loop: SinkLoop | undefined) {
    this.#thread = thread;
    this.#state = new SinkState(EVENTS, hostOf(thread));
    this.#file = file;
    this.#replay = replay;
    this.#loop = loop;
    this.#announced = file.level.records === 0;
    if (!this.#announced) {
      const { records, bytes } = file.level;
      const held = { 'redirector.records.spooled': records, 'redirector.spool.usage': bytes };
      thread.log('redirector.spool.replay_started', held);
    }
  }

  get status(): SinkStatus {
    return this.#state.status;
  }

  async run(): Promise<void> {
    let seen = 0;
    while (!this.#stopped) {
      const failed = !this.#turn();
      const look = failed ? FAILED_MS : this.#replay.done ? IDLE_LOOK_MS : REPLAY_LOOK_MS;
      seen = await epochChange(this.#thread.pool, poolWord.SPOOLER_EPOCH, seen, look);
    }
  }

  /** Settles what has come back, also for the last time. */
  stop(): void {
    this.#stopped = true;
    this.#loop?.takeHanded();
    this.#attempt(() => this.#settle());
  }

  #turn(): boolean {
    this.#loop?.takeHanded();
    return this.#attempt(() => {
      // In this order: the row of a batch gets its numbers only when that of the one before it has left the spool.
      const unpinned = this.#replay.unpinned();
      this.#settle();
      this.#replay.pin(unpinned);
      this.#replay.refill();
      if (this.#replay.done && !this.#announced) {
        const { delivered, rejected, expired } = this.#file.counts;
        this.#thread.log('redirector.spool.replay_finished', {
          'redirector.records.delivered': delivered,
          'redirector.records.rejected': rejected,
          'redirector.records.expired': expired,
        });
      }
      this.#announced = this.#replay.done;
    });
  }

  #settle(): void {
    const { pool, ledger } = this.#thread;
    const slabs = this.#replay.settle();
    if (slabs.length > 0) follow(ledger, this.#file);
    for (const slab of slabs) {
      countDoubt(this.#thread, slab);
      pool.free(slab, owner.SPOOLER);
    }
  }

  /** A full disk or another program's lock is no reason to die: rows stay where they are, and it is tried again. */
  #attempt(work: () => void): boolean {
    try {
      work();
      this.#state.connected();
      return true;
    } catch (error) {
      this.#state.degraded(`The spool cannot be read or changed: ${reasonOf(error)}.`);
      return false;
    }
  }
}

/**
 * Spools and plays back until the drain.
 * @param file the spool, which this thread owns and closes
 */
export async function spool(thread: SinkThread, config: SpoolingConfig, file: SpoolFile): Promise<void> {
  const { pool, ledger, tell } = thread;
  const isLog = config.sink === 'spool';
  const takesOverflow = config['queue.overflow'] === 'spool';
  if (!thread.restarted) ledger.set(owner.SPOOLER, 'inherited', file.level.records);
  const onDoubt = (records: number): void => ledger.add(owner.SPOOLER, 'possibleDuplicates', records);
  const replay = isLog ? undefined : new SpoolReplay({ pool, topics: thread.topics, file, onDoubt });
  const writing = isLog || takesOverflow ? writingLoop(thread, config, file, replay) : undefined;

  // What a dead spooler had taken is written again, which changes nothing where it was done; before any row is read.
  const adopted = writing?.loop.takeOver((slab) => writing.sink.send(slab));
  await writing?.sink.open();
  follow(ledger, file);
  const player = replay && new Player(thread, file, replay, writing?.loop);
  thread.reportStatus({
    get status() {
      return player !== undefined && player.status.state === 'degraded'
        ? player.status
        : (writing?.sink.status ?? { state: 'connected', lastError: null });
    },
  });
  thread.onDrain(async (deadline) => {
    player?.stop();
    await writing?.loop.drain(deadline);
    file.close();
    tell({ type: 'closed' });
  });
  tell({ type: 'ready' });
  await Promise.all([writing?.loop.run(), Promise.resolve(adopted).then(() => player?.run())]);
}
