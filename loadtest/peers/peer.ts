/** Where a peer listens and logs, and how it is tied down. */
export interface PeerOptions {
  /** TCP port on 127.0.0.1; must be free. */
  port: number;
  /** Kafka bootstrap servers, `host:port`. A peer that keeps no log ignores them. */
  brokers: readonly string[];
  /** An existing topic. A peer that keeps no log ignores it. */
  topic: string;
  /** Where OTLP goes, `http://host:port`. A peer with no sampleRatio ignores it. */
  collector?: string | undefined;
  /** Core to pin the peer to; without it the peer runs where the system puts it. */
  core?: number | undefined;
}

/** How a peer ended. */
export interface PeerEnd {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** The last line it printed on standard output, or null: for Redirector this is the ledger of the shutdown. */
  lastLine: string | null;
}

export interface RunningPeer {
  /** The process that listens, or the root of the tree that does. */
  pid: number;
  /** Base URL, `http://127.0.0.1:{port}/`. */
  url: string;
  /** What it found of itself beside what every peer is measured by: names and figures. Asked before it is stopped. */
  figures?(): Promise<Record<string, number>>;
  /** Its admin API; only Redirector has one. */
  adminUrl?: string;
  /** Stops it with SIGTERM, so that it can flush, and waits for its exit. Can be called again. Rejects when it had to be killed. */
  stop(): Promise<PeerEnd>;
}

/** Paths that are asked for in no order: a prefix, and a number below `count`. */
export interface Paths {
  prefix: string;
  count: number;
}

/** A redirect server that the bench can start: Redirector itself and what it is compared with. */
export interface Peer {
  name: string;
  /** The fields that its record of a browser's request has: of each answer one record. 0 for a peer that keeps no log. */
  recordFields: number;
  /** The part of its requests that it traces, from 0; without it, it exports nothing and needs no collector. */
  sampleRatio?: number | undefined;
  /** What it is asked for; without it, `/`. */
  paths?: Paths | undefined;
  /** Requests a second; without it, as the bench has it for all. */
  rps?: number;
  /** Keep-alive connections; without it 64. */
  connections?: number;
  /** Partitions of its topic; without it, as the bench has it for all. */
  partitions?: number;
  /** It may use all cores; without it, it has one for itself, where there are two. */
  allCores?: boolean;
  /** How its Kafka is: it acknowledges late, is not there, or is three brokers that replicate to all. Without it, one that is well. */
  kafka?: 'slow' | 'down' | 'replicated';
  /** Makes what `start` runs. Rejects with PeerUnavailable when this machine cannot. Safe to call again, and at the same time. */
  build(): Promise<void>;
  /** Starts it and waits until it takes connections; no request is made that would leave a record. Rejects when it does not. */
  start(options: PeerOptions): Promise<RunningPeer>;
}

/** A peer that cannot be had on this machine; the message says why and what would help. Others are measured all the same. */
export class PeerUnavailable extends Error {
  override name = 'PeerUnavailable';
}
