/** docs/scaling.md: what a fleet needs, computed from what was measured and from the program's own limits. */
import { readFileSync } from 'node:fs';
import { ceiling, recordsPerSlab, secondsToFill } from '../../src/capacity.ts';
import { options } from '../../src/options.ts';

const CLICKS = 1_000_000;
/** Of the CPU, so that bursts and the loss of a zone find room. */
const UTILISATION = 0.5;
const ZONES = 3;
/** Listeners and the shipper of an instance of 4 CPUs. */
const CPUS = 4;
/** A `click` record with a browser's user agent and a referer, as it stands in a batch. */
const RECORD_BYTES = 400;
const REPLICAS = 3;
/** Plain planning values for brokers; measure yours. */
const BROKER_BYTES = 75e6;
const PARTITION_BYTES = 10e6;
const ACK_MS = 20;
/** To each broker: one of the shipper for batches, at times one more for metadata. */
const CONNECTIONS = 2;

/** Microseconds of CPU for one redirect with its record in Kafka, as docs/performance.md has them. */
function measuredMicros(): number {
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const [, micros] = /^\| \*\*Redirector, `click` records[^|]*\| ([\d.]+) /m.exec(page) ?? [];
  if (micros === undefined)
    throw new Error('docs/performance.md has no row of Redirector with click records');
  return Number(micros);
}

const n = (value: number): string => Math.round(value).toLocaleString('en-US');

export function scalingPage(): string {
  const micros = measuredMicros();
  const busy = (CLICKS * micros) / 1e6;
  const cpus = busy / UTILISATION;
  const inZone = Math.ceil(cpus / (ZONES - 1) / CPUS);
  const instances = inZone * ZONES;
  const each = CLICKS / instances;
  const eachLost = CLICKS / (inZone * (ZONES - 1));
  const ingest = CLICKS * RECORD_BYTES;
  const brokers = Math.ceil((ingest * REPLICAS) / BROKER_BYTES / ZONES) * ZONES;
  const partitions = Math.ceil(ingest / PARTITION_BYTES / brokers) * brokers;
  const queue = options['queue.maxBytes'].default;
  const seconds = secondsToFill(queue, RECORD_BYTES, each);
  const MINUTE_QUEUE = 2 ** 30;

  return `# Scaling

## One server

One listener thread answers on one CPU. \`listeners\` asks for more on the same port (Linux). The shipper takes a part of another CPU.
Measure yours:

\`\`\`sh
redirector loadtest --max --duration 30 --listeners 2
redirector config check --target https://example.com/ --rate 15000
\`\`\`

The second says how long the queue lasts at a rate, and what Kafka can take.

## Many servers

Instances share nothing but Kafka. None knows of another, there is no leader and no common store. So:

- Put any load balancer before them. No client needs to come back to the same one.
- Add and remove instances as traffic asks. One that leaves drains; its last line accounts for what it had.
- The \`id\` of a record names the start of the instance that wrote it, so ids of many never meet.
- Sums over the fleet are sums of metrics: \`sum(rate(redirector_records_offered_total[5m]))\`.

## A million clicks a second, on paper

Nobody has run this here. It is computed from the CPU of one redirect with its record in Kafka, ${micros} us, as
[performance.md](performance.md) has it, and from planning values that are named. Put in your own.

| what | how it is computed | result |
|---|---|---|
| CPUs busy | ${n(CLICKS)} clicks x ${micros} us | ${busy.toFixed(1)} |
| CPUs at ${UTILISATION * 100} % of use | ${busy.toFixed(1)} / ${UTILISATION} | ${n(cpus)} |
| instances of ${CPUS} CPUs (\`listeners: ${CPUS - 1}\`), ${ZONES} zones, enough with one zone lost | ${n(cpus)} / ${ZONES - 1} zones / ${CPUS}, rounded up, x ${ZONES} | ${instances} |
| clicks a second of each | ${n(CLICKS)} / ${instances} | ${n(each)} |
| the same with one zone lost | ${n(CLICKS)} / ${inZone * (ZONES - 1)} | ${n(eachLost)} |
| bytes a second into Kafka | ${n(CLICKS)} x ${RECORD_BYTES} bytes of a record, not compressed | ${n(ingest / 1e6)} MB |
| brokers | x ${REPLICAS} replicas / ${n(BROKER_BYTES / 1e6)} MB a second written by each, a multiple of ${ZONES} | ${brokers} |
| partitions | ${n(ingest / 1e6)} MB / ${n(PARTITION_BYTES / 1e6)} MB a second that a consumer reads, a multiple of the brokers | ${partitions} |
| connections to each broker | ${instances} instances x ${CONNECTIONS} | ${instances * CONNECTIONS} |
| what ${partitions} partitions take from one instance | partitions x ${recordsPerSlab(RECORD_BYTES)} records in a batch / ${ACK_MS} ms to an ack | ${n(ceiling(partitions, ACK_MS, RECORD_BYTES))} a second |
| how long a queue of ${n(queue / 2 ** 20)} MiB lasts without Kafka | batches x ${recordsPerSlab(RECORD_BYTES)} records / ${n(each)} | ${seconds.toFixed(1)} s |
| the same with \`queue.maxBytes: 1GiB\` | | ${n(secondsToFill(MINUTE_QUEUE, RECORD_BYTES, each))} s |
| disk of each instance for an hour, \`queue.overflow: spool\` | ${n(each)} x ${RECORD_BYTES} bytes x 3,600 | ${n((each * RECORD_BYTES * 3600) / 1e9)} GB |

Several listeners do not cost exactly several times one, and other machines have other CPUs: run \`loadtest\` on yours before you buy.
Connections of clients are few where a load balancer keeps them open. Where browsers connect directly, handshakes of TLS cost more
than redirects do: end TLS before Redirector.

## A lost zone

- Its clicks under way fail; the load balancer sends the rest elsewhere. The figures above leave room for that.
- What its instances had in memory is lost with them: at most the queue, in good times some milliseconds of records. A spool on a volume
  comes back with it.
- Kafka with ${REPLICAS} replicas in ${ZONES} zones and \`min.insync.replicas=2\` loses nothing that was acknowledged with \`acks: all\`.
- Partitions whose leader was there get another one. Until then their batches wait, and other partitions take new ones.

## Rules for the fleet

Each instance reads a file. How the file gets there is yours to choose: a ConfigMap, a volume, an image, or a program that writes
it. A changed file is read again, wholly or not at all. A file with a mistake leaves the old rules in force, and
\`rules.lastError\` in \`/api/v1/stats\` says why. Instances change within seconds of each other, not at once: \`rules.hash\` shows who has which.
Check a file before it goes out:

\`\`\`sh
redirector rules check examples/rules.yaml
\`\`\`

## Brokers

| brokers | state |
|---|---|
| Apache Kafka 4.4 | all tests run against it |
| Apache Kafka 3.9 | tried once by hand, with one broker: \`topics create\`, and a load test that found every record |
| Redpanda, Amazon MSK, Azure Event Hubs, Confluent Cloud | untested. They document the protocol that is used: Produce 7, idempotent producers, SASL. Event Hubs limits a batch to 1 MB, which is more than one of ours |

Of the protocol, Redirector needs Produce version 7 (Kafka 2.1 and later), for idempotence also InitProducerId.
`;
}
