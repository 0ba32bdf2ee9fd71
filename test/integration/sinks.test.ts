import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { decodeRecords } from '../../src/server/queue/record-batch.ts';
import { kafkaClientOptions } from '../../src/server/sink/kafka-options.ts';
import { KafkaSink } from '../../src/server/sink/kafka-sink.ts';
import { KafkaTransport } from '../../src/server/sink/kafka-transport.ts';
import { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { SpoolReader } from '../../src/server/sink/spool-reader.ts';
import { SpoolSink } from '../../src/server/sink/spool-sink.ts';
import { outputOf, StdoutSink } from '../../src/server/sink/stdout-sink.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import { kcatConsume } from '../support/kcat.ts';
import { topicTable } from '../support/queue-fixture.ts';
import { realPart } from '../support/real-parts.ts';
import { type SinkCase, sinkContract } from '../support/sink-contract.ts';
import { createTopic } from '../support/topics.ts';

function kafkaCase(): SinkCase {
  let cluster: KafkaCluster;
  let port: number;
  let topic = '';
  return {
    async make(pool, host) {
      port = await freePort();
      topic = 'contract';
      const { config } = loadConfig({ flags: { brokers: `127.0.0.1:${port}`, 'request.timeout': '2s' } });
      return new KafkaSink({
        pool,
        host,
        transport: new KafkaTransport(kafkaClientOptions(config)),
        topics: topicTable(topic),
        places: 0,
        acks: 'all',
        idempotence: 'auto',
        compression: 'none',
        deliveryTimeoutMs: 60_000,
        restMs: 0,
        metadataMaxAgeMs: 60_000,
        possibleDuplicates() {},
      });
    },
    async up() {
      cluster = await startKafka({ port });
      await createTopic(cluster.brokers, { name: topic, partitions: 3 });
    },
    async found() {
      return (await kcatConsume(cluster.brokers, topic)).map(({ value }) => value!);
    },
    trouble: () => cluster.nodes[0]!.kill('SIGSTOP'),
    tidy: () => cluster.stop(),
  };
}

function spoolCase(): SinkCase {
  const path = join(temporaryDirectory('contract'), 'spool.db');
  let file: SpoolFile;
  return {
    async make(pool, host) {
      file = new SpoolFile(path, 'boot');
      return new SpoolSink({
        pool,
        topics: topicTable('clicks'),
        file,
        boot: 'boot',
        maxBytes: 2 ** 24,
        whenFull: 'drop_newest',
        emptied: false,
        isLeaving: () => false,
        host,
        onCommit() {},
      });
    },
    async found() {
      const reader = new SpoolReader(path);
      const sections = Array.from(reader.rows(0), ({ section }) => section);
      reader.close();
      return sections.flatMap((section) =>
        Array.from(decodeRecords(section), ({ value }) => Buffer.from(value!)),
      );
    },
    // From now on every statement fails.
    trouble: async () => file.close(),
    async tidy() {},
  };
}

/** Standard output as a pipe: a named one, with `cat` at its other end. */
function stdoutCase(): SinkCase {
  const fifo = join(temporaryDirectory('contract'), 'pipe');
  execFileSync('mkfifo', [fifo]);
  const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  let stalled = false;
  reader.stdout.on('data', (chunk: Buffer) => {
    if (!stalled) chunks.push(chunk);
  });
  return {
    async make(pool, host) {
      return new StdoutSink(pool, host, outputOf(openSync(fifo, 'w')));
    },
    async found() {
      const lines = Buffer.concat(chunks).toString('latin1').split('\n').slice(0, -1);
      return lines.map((line) => Buffer.from(line, 'latin1'));
    },
    async trouble() {
      stalled = true;
      reader.kill('SIGSTOP');
    },
    async tidy() {
      reader.kill('SIGKILL');
      await once(reader, 'close');
    },
  };
}

sinkContract('Kafka', kafkaCase(), await realPart('kafka', 'kcat'));
sinkContract('the spool', spoolCase());
sinkContract('standard output', stdoutCase(), process.platform === 'win32' ? 'there is no mkfifo' : false);
