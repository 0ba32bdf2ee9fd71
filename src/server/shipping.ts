/** The work of the shipper: from the queue to Kafka or standard output, going on where a dead shipper has left off. */
import type { Config } from '../config.ts';
import { flag, owner } from './queue/slab-layout.ts';
import { KafkaSink, type KafkaSinkOptions } from './sink/kafka-sink.ts';
import type { Sink, SinkHost } from './sink/sink.ts';
import { outputOf, StdoutSink } from './sink/stdout-sink.ts';
import { SinkLoop } from './sink-loop.ts';
import type { SinkThread } from './thread.ts';

const STDOUT = 1;
/** A request to Kafka costs as much CPU as hundreds of records. */
const REST_MS = 10;

/** The options that it goes by. */
export type ShippingConfig = Pick<
  Config,
  | 'sink'
  | 'queue.overflow'
  | 'record.partitions'
  | 'acks'
  | 'idempotence'
  | 'compression'
  | 'delivery.timeout'
  | 'linger'
  | 'metadata.maxAge'
>;

/**
 * Ships until the drain.
 * @param connect makes the connections to Kafka, where that is the sink
 */
export async function ship(
  thread: SinkThread,
  config: ShippingConfig,
  connect: () => KafkaSinkOptions['transport'],
): Promise<void> {
  const { pool, ledger, topics, stats, log, tell, tellTrace, tellsLost } = thread;
  const host: SinkHost = { stats, wake: () => pool.wake(), log };
  const countPossibleDuplicates = (records: number): void => {
    ledger.add(owner.SHIPPER, 'possibleDuplicates', records);
  };
  const kafka =
    config.sink === 'kafka'
      ? new KafkaSink({
          pool,
          transport: connect(),
          topics,
          places: config['record.partitions'] ?? 0,
          acks: config.acks,
          idempotence: config.idempotence,
          compression: config.compression,
          deliveryTimeoutMs: config['delivery.timeout'],
          restMs: Math.min(REST_MS, config.linger),
          metadataMaxAgeMs: config['metadata.maxAge'],
          host,
          possibleDuplicates: countPossibleDuplicates,
        })
      : undefined;
  const sink: Sink = kafka ?? new StdoutSink(pool, host, outputOf(STDOUT));
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SHIPPER,
    sink,
    stats,
    deliveryTimeoutMs: config['delivery.timeout'],
    spills: config['queue.overflow'] === 'spool',
    onFate: tellTrace,
    tellsLost,
  });
  // What a dead standard output had written in part is written again: nothing at the other end could tell.
  const writeAgain = (slab: number): ReturnType<Sink['send']> => {
    countPossibleDuplicates(pool.records(slab));
    return sink.send(slab);
  };
  void loop.takeOver((slab) => {
    if (!pool.hasFlag(slab, flag.ON_WIRE)) return undefined;
    return kafka === undefined ? writeAgain(slab) : kafka.adopt(slab);
  });
  await sink.open();
  thread.reportStatus(sink);
  thread.onDrain(async (deadline) => {
    await loop.drain(deadline);
    tell({ type: 'closed' });
  });
  tell({ type: 'ready' });
  await loop.run();
}
