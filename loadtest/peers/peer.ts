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
  /** Whether every answer is to leave one record in the topic. */
  recordsExpected: boolean;
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
  /** Whether it needs Kafka to be there. */
  recordsExpected: boolean;
  /** The part of its requests that it traces, from 0; without it, it exports nothing and needs no collector. */
  sampleRatio?: number | undefined;
  /** What it is asked for; without it, `/`. */
  paths?: Paths | undefined;
  /** Makes what `start` runs. Rejects with PeerUnavailable when this machine cannot. Safe to call again, and at the same time. */
  build(): Promise<void>;
  /** Starts it and waits until it takes connections; no request is made that would leave a record. Rejects when it does not. */
  start(options: PeerOptions): Promise<RunningPeer>;
}

/** A peer that cannot be had on this machine; the message says why and what would help. Others are measured all the same. */
export class PeerUnavailable extends Error {
  override name = 'PeerUnavailable';
}
