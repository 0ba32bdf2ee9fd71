/** The spooler thread: the only one that writes the spool. It is the log itself, or plays an old log back into Kafka. */
import type { ThreadData } from './messages.ts';
import { dropColumn, type Ledger } from './queue/ledger.ts';
import { outcomeOf } from './queue/settlement.ts';
import { flag, owner, poolWord } from './queue/slab-layout.ts';
import { epochChange, type SlabPool } from './queue/slab-pool.ts';
import type { SinkHost } from './sink/sink.ts';
import { SpoolFile } from './sink/spool-file.ts';
import { SpoolReplay } from './sink/spool-replay.ts';
import { SpoolSink } from './sink/spool-sink.ts';
import { SinkLoop } from './sink-loop.ts';
import { log, onDrain, openShared, reportStatus, starting, tell, threadData } from './thread.ts';

const REPLAY_LOOK_MS = 200;

const data = threadData<ThreadData>();
const { config, boot } = data;

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

/** The spool is the log: what a dead spooler had taken is written again, which changes nothing where it was done. */
async function spoolRecords(pool: SlabPool, ledger: Ledger, file: SpoolFile): Promise<void> {
  const host: SinkHost = { wake: () => pool.wake(), log };
  const sink = new SpoolSink({
    pool,
    file,
    boot,
    maxBytes: config['spool.maxBytes'],
    whenFull: config['spool.whenFull'],
    host,
    onCommit: (unsettled) => follow(ledger, file, unsettled),
  });
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SPOOLER,
    sink,
    deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    onFate: tell,
  });
  loop.takeOver();
  follow(ledger, file);
  await sink.open();
  reportStatus(sink);
  onDrain(async (deadline) => {
    await loop.drain(deadline);
    file.close();
    tell({ type: 'closed' });
  });
  tell({ type: 'ready' });
  await loop.run();
}

/** A replayed batch that may have reached the sink without a word of it: refused in the end, or to be sent once more. */
function countDoubt(pool: SlabPool, ledger: Ledger, slab: number): void {
  const outcome = outcomeOf(pool, slab);
  if (outcome.kind !== 'dropped' || !pool.hasFlag(slab, flag.ON_WIRE)) return;
  const column = outcome.reason === 'rejected' ? 'unconfirmed' : 'possibleDuplicates';
  ledger.add(owner.SPOOLER, column, pool.records(slab));
}

/** Kafka is the log and the spool holds records from before: they are played back. */
async function replayRecords(pool: SlabPool, ledger: Ledger, file: SpoolFile): Promise<void> {
  follow(ledger, file);
  const replay = new SpoolReplay(pool, file);
  let draining = false;
  const settle = (): void => {
    const slabs = replay.settle();
    follow(ledger, file);
    for (const slab of slabs) {
      countDoubt(pool, ledger, slab);
      pool.free(slab, owner.SPOOLER);
    }
  };
  onDrain(async () => {
    draining = true; // the shipper has closed: every slab has its outcome
    settle();
    file.close();
    tell({ type: 'closed' });
  });
  tell({ type: 'ready' });
  if (file.level.records > 0) {
    log('info', 'The spool holds records from before: they go to the sink now.', { ...file.level });
  }
  let announced = file.level.records === 0;
  let seen = 0;
  while (!draining) {
    settle();
    replay.refill();
    if (replay.done && !announced) {
      announced = true;
      log('info', 'The spool is empty: its records went to the sink.', { ...file.counts });
    }
    seen = await epochChange(pool, poolWord.REPLAY_EPOCH, seen, replay.done ? 60_000 : REPLAY_LOOK_MS);
  }
}

void starting(async () => {
  const { pool, ledger } = openShared(data);
  const file = new SpoolFile(config['spool.path'], boot);
  if (!data.restarted) ledger.set(owner.SPOOLER, 'inherited', file.level.records);
  await (config.sink === 'spool' ? spoolRecords : replayRecords)(pool, ledger, file);
});
