import { freePort } from '../../test/support/free-port.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import type { BenchCollector } from './collector.ts';
import type { BenchKafka } from './kafka.ts';
import { CONNECTIONS, type LoadTool } from './load.ts';
import type { Pinning } from './pinning.ts';
import { treeCpuMicros, treePeakRssBytes } from './proc.ts';
import { settled } from './settled.ts';
import type { Topics } from './topics.ts';

/** What does not change from round to round. */
export interface Conditions {
  /** Names this run in its topics. */
  run: string;
  seconds: number;
  warmupSeconds: number;
  partitions: number;
  pinning: Pinning;
  /** What makes the load at a rate, or without one as fast as it goes. */
  loadTool(rps: number | undefined): LoadTool;
  /** Requests a second where a peer names no other number; without it as fast as it goes. */
  rps?: number | undefined;
  /** For how long a topic must not grow to be taken for all that comes; ms. */
  stillMs: number;
  /** Ends what is under way. */
  signal: AbortSignal;
  /** Where the records go; undefined when no peer of this run keeps a log there. */
  kafka: RecordPlace | undefined;
  /** Where those go that want three brokers. */
  replicated: RecordPlace | undefined;
  /** Where spans go; undefined when no peer of this run exports any. */
  collector: BenchCollector | undefined;
}

type RecordPlace = Pick<BenchKafka, 'brokers' | 'slowBrokers'> & { topics: Topics };

/** One peer in one round. */
export interface Sample {
  /** CPU time of all threads of the peer's process tree for each answer, in microseconds. */
  cpuMicrosPerRequest: number;
  rps: number;
  p99Ms: number;
  /** Null where the load tool does not tell it. */
  p999Ms: number | null;
  peakRssBytes: number;
  /** Answers, warm-up included, for which the topic holds no record; null for a peer that keeps no log. */
  recordsMissing: number | null;
  /** The records that the peer itself says it lost, from the last line it printed; null when it says nothing. */
  recordsDropped: number | null;
  /** Spans that the collector took while the peer ran, warm-up included; null in a run without a collector. */
  spansReceived: number | null;
  /** Answers with a wrong status and failed connections, warm-up included. */
  errors: number;
  /** What the peer found of itself. */
  own: Readonly<Record<string, number>>;
}

type CountRecords = () => Promise<number | null>;

/**
 * Starts the peer with a topic of its own, warms it up, measures it, stops it and counts its records. The peer is
 * stopped and the topic deleted whatever happens. Rejects when any of it fails.
 */
export async function measure(peer: Peer, round: number, conditions: Conditions): Promise<Sample> {
  const { collector } = conditions;
  const kafka = peer.kafka === 'replicated' ? conditions.replicated : conditions.kafka;
  if (peer.sampleRatio !== undefined && collector === undefined)
    throw new Error(`${peer.name} needs a collector`);
  const topic = `bench.${conditions.run}.${peer.name}.${round + 1}`;
  if (peer.recordFields === 0 || peer.kafka === 'down') {
    // The port is closed, as that of a broker that was killed is.
    return runAgainst(
      peer,
      { brokers: [`127.0.0.1:${await freePort()}`], topic },
      conditions,
      async () => null,
    );
  }
  if (kafka === undefined) throw new Error(`${peer.name} needs Kafka`);
  const brokers = peer.kafka === 'slow' ? kafka.slowBrokers : kafka.brokers;
  if (brokers === undefined) throw new Error('a Kafka given with --brokers cannot be made slow');
  await kafka.topics.create(topic, peer.partitions ?? conditions.partitions);
  try {
    return await runAgainst(peer, { brokers, topic }, conditions, () => kafka.topics.count(topic));
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
  countRecords: CountRecords,
): Promise<Sample> {
  conditions.signal.throwIfAborted();
  const { collector, pinning } = conditions;
  const spansBefore = await collector?.acceptedSpans();
  const server = await peer.start({
    ...log,
    port: await freePort(),
    collector: collector?.endpoint,
    core: peer.allCores ? undefined : pinning.server,
  });
  let underLoad: Awaited<ReturnType<typeof putUnderLoad>>;
  try {
    underLoad = await putUnderLoad(server, peer, conditions, countRecords);
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
  peer: Peer,
  conditions: Conditions,
  countRecords: CountRecords,
) {
  const { warmupSeconds, seconds, signal } = conditions;
  const tool = conditions.loadTool(peer.rps ?? conditions.rps);
  const order = { url: server.url, connections: peer.connections ?? CONNECTIONS, paths: peer.paths, signal };
  const warmup = await tool.run({ ...order, seconds: warmupSeconds });
  // What the answers leave to be done is part of their cost: the window begins and ends with nothing left.
  await settled(countRecords, warmup.answered, conditions);
  let before = 0;
  const measured = await tool.run({
    ...order,
    seconds,
    onStart: () => {
      before = treeCpuMicros(server.pid);
    },
  });
  if (measured.answered === 0)
    throw new Error(`it answered nothing in ${seconds} s (${measured.errors} errors)`);
  await settled(countRecords, warmup.answered + measured.answered, conditions);
  const cpuMicros = treeCpuMicros(server.pid) - before;
  return {
    cpuMicrosPerRequest: cpuMicros / measured.answered,
    rps: measured.rps,
    p99Ms: measured.p99Ms,
    p999Ms: measured.p999Ms,
    peakRssBytes: treePeakRssBytes(server.pid),
    errors: warmup.errors + measured.errors,
    answered: warmup.answered + measured.answered,
    own: (await server.figures?.()) ?? {},
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
