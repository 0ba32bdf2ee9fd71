import { freePort } from '../../test/support/free-port.ts';
import type { Paths, Peer, RunningPeer } from '../peers/peer.ts';
import type { BenchCollector } from './collector.ts';
import type { LoadTool } from './load.ts';
import type { Pinning } from './pinning.ts';
import { treeCpuMicros, treePeakRssBytes } from './proc.ts';
import type { Topics } from './topics.ts';

/** What does not change from round to round. */
export interface Conditions {
  /** Names this run in its topics. */
  run: string;
  seconds: number;
  warmupSeconds: number;
  partitions: number;
  pinning: Pinning;
  load: LoadTool;
  /** Ends what is under way. */
  signal: AbortSignal;
  /** Where the records go; undefined when no peer of this run keeps a log. */
  kafka: { brokers: readonly string[]; topics: Topics } | undefined;
  /** Where spans go; undefined when no peer of this run exports any. */
  collector: BenchCollector | undefined;
}

/** One peer in one round. */
export interface Sample {
  /** CPU time of all threads of the peer's process tree for each answer, in microseconds. */
  cpuMicrosPerRequest: number;
  rps: number;
  p99Ms: number;
  peakRssBytes: number;
  /** Answers, warm-up included, for which the topic holds no record; null for a peer that keeps no log. */
  recordsMissing: number | null;
  /** The records that the peer itself says it lost, from the last line it printed; null when it says nothing. */
  recordsDropped: number | null;
  /** Spans that the collector took while the peer ran, warm-up included; null in a run without a collector. */
  spansReceived: number | null;
  /** Answers with a wrong status and failed connections, warm-up included. */
  errors: number;
}

/**
 * Starts the peer with a topic of its own, warms it up, measures it, stops it and counts its records. The peer is
 * stopped and the topic deleted whatever happens. Rejects when any of it fails.
 */
export async function measure(peer: Peer, round: number, conditions: Conditions): Promise<Sample> {
  const { kafka, collector } = conditions;
  if (peer.sampleRatio !== undefined && collector === undefined)
    throw new Error(`${peer.name} needs a collector`);
  const topic = `bench.${conditions.run}.${peer.name}.${round + 1}`;
  if (!peer.recordsExpected) return runAgainst(peer, { brokers: [], topic }, conditions, async () => null);
  if (kafka === undefined) throw new Error(`${peer.name} needs Kafka`);
  await kafka.topics.create(topic, conditions.partitions);
  try {
    return await runAgainst(peer, { brokers: kafka.brokers, topic }, conditions, () =>
      kafka.topics.count(topic),
    );
  } finally {
    await kafka.topics.delete(topic).catch((error: Error) => {
      process.stderr.write(`bench: the topic ${topic} could not be deleted: ${error.message}\n`);
    });
  }
}

async function runAgainst(
  peer: Peer,
  log: { brokers: readonly string[]; topic: string },
  conditions: Conditions,
  countRecords: () => Promise<number | null>,
): Promise<Sample> {
  conditions.signal.throwIfAborted();
  const { collector, pinning } = conditions;
  const spansBefore = await collector?.acceptedSpans();
  const server = await peer.start({
    ...log,
    port: await freePort(),
    collector: collector?.endpoint,
    core: pinning.server,
  });
  let underLoad: Awaited<ReturnType<typeof putUnderLoad>>;
  try {
    underLoad = await putUnderLoad(server, peer.paths, conditions);
  } catch (error) {
    // The first error tells why; one more from stopping would hide it.
    await server.stop().catch(() => {});
    throw error;
  }
  // Counted after the stop, when the peer has flushed.
  const { exitCode, lastLine } = await server.stop();
  if (exitCode !== 0)
    throw new Error(`it ended with exit code ${exitCode}: ${lastLine ?? 'it printed nothing'}`);
  const found = await countRecords();
  const spansAfter = await collector?.acceptedSpans();
  const { answered, ...sample } = underLoad;
  return {
    ...sample,
    // An answer that was under way when the load ended left a record but was not counted as answered (at most one a
    // connection, in the warm-up and in the measured window). So the topic may hold some more than were answered,
    // and up to that many losses stay unseen; so do losses that duplicates make up for.
    recordsMissing: found === null ? null : Math.max(0, answered - found),
    recordsDropped: lostAsTold(lastLine),
    spansReceived: spansAfter === undefined ? null : spansAfter - spansBefore!,
  };
}

async function putUnderLoad(
  server: RunningPeer,
  paths: Paths | undefined,
  { load, warmupSeconds, seconds, signal }: Conditions,
) {
  const warmup = await load.run(server.url, warmupSeconds, signal, paths);
  // Work that the warm-up left behind falls into the window, and work that the window leaves falls out of it: at a
  // steady rate they make up for each other.
  const before = treeCpuMicros(server.pid);
  const measured = await load.run(server.url, seconds, signal, paths);
  const cpuMicros = treeCpuMicros(server.pid) - before;
  if (measured.answered === 0)
    throw new Error(`it answered nothing in ${seconds} s (${measured.errors} errors)`);
  return {
    cpuMicrosPerRequest: cpuMicros / measured.answered,
    rps: measured.rps,
    p99Ms: measured.p99Ms,
    peakRssBytes: treePeakRssBytes(server.pid),
    errors: warmup.errors + measured.errors,
    answered: warmup.answered + measured.answered,
  };
}

/** `lost` of a shutdown line such as `{"event": "shutdown", "lost": 0}`; null for any other line. */
export function lostAsTold(lastLine: string | null): number | null {
  try {
    const told = JSON.parse(lastLine ?? '');
    return typeof told?.lost === 'number' ? told.lost : null;
  } catch {
    return null;
  }
}
