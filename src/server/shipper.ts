/** The shipper thread: the only one that talks to Kafka (or standard output) for records. */
import type { ThreadData } from './messages.ts';
import { flag, owner } from './queue/slab-layout.ts';
import { kafkaClientOptions } from './sink/kafka-options.ts';
import { KafkaSink } from './sink/kafka-sink.ts';
import { KafkaTransport } from './sink/kafka-transport.ts';
import type { Sink, SinkHost } from './sink/sink.ts';
import { outputOf, StdoutSink } from './sink/stdout-sink.ts';
import { SinkLoop } from './sink-loop.ts';
import { log, onDrain, openShared, reportStatus, starting, tell, threadData } from './thread.ts';

const STDOUT = 1;

const data = threadData<ThreadData>();
const { config } = data;

void starting(async () => {
  const { pool, ledger } = openShared(data);
  const host: SinkHost = { wake: () => pool.wake(), log };
  const countPossibleDuplicates = (records: number): void => {
    ledger.add(owner.SHIPPER, 'possibleDuplicates', records);
  };
  const kafka =
    config.sink === 'kafka'
      ? new KafkaSink({
          pool,
          transport: new KafkaTransport(kafkaClientOptions(config)),
          topic: config.topic,
          acks: config.acks,
          idempotence: config.idempotence,
          compression: config.compression,
          deliveryTimeoutMs: config['delivery.timeout'],
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
    deliveryTimeoutMs: config['delivery.timeout'],
    spills: config['queue.overflow'] === 'spool',
    onFate: tell,
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
  reportStatus(sink);
  onDrain(async (deadline) => {
    await loop.drain(deadline);
    tell({ type: 'closed' });
  });
  tell({ type: 'ready' });
  await loop.run();
});
