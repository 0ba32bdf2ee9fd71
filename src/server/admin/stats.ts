/** `GET /api/v1/stats`: everything that the server knows of itself, read from the things themselves. */
import { ceiling } from '../../capacity.ts';
import type { Config } from '../../config.ts';
import { SLAB_BYTES } from '../../limits.ts';
import type { RequestStats } from '../../telemetry/request-stats.ts';
import { version } from '../../version.ts';
import type { HighWater } from '../queue/high-water.ts';
import { queueLevel } from '../queue/high-water.ts';
import type { Ledger } from '../queue/ledger.ts';
import { type LedgerSnapshot, snapshot } from '../queue/ledger-snapshot.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { ClusterView, SinkPace, SinkStatus } from '../sink/sink.ts';

export interface ListenerState {
  readonly id: number;
  readonly state: string;
  readonly restarts: number;
  /** Of the rules by which it answers. */
  readonly rulesVersion: number;
}

/** What the supervisor knows beside the shared memory. */
export interface Situation {
  readonly draining: boolean;
  readonly sink: SinkStatus;
  /** Undefined: not known, or no limit. */
  readonly pace: SinkPace | undefined;
  /** Undefined: not known, or there is none. */
  readonly cluster: ClusterView | undefined;
  /** Undefined: no thread has the spool. */
  readonly spool: SinkStatus | undefined;
  readonly listeners: readonly ListenerState[];
  readonly rules: RulesStatus;
  /** A thread other than a listener was given up. */
  readonly crippled: boolean;
}

export interface Stats {
  readonly version: string;
  readonly boot: string;
  readonly uptimeSeconds: number;
  readonly state: 'serving' | 'degraded' | 'draining';
  readonly requests: { readonly total: number; readonly byStatus: Readonly<Record<string, number>> };
  readonly ledger: LedgerSnapshot;
  readonly possibleDuplicates: number;
  readonly queue: {
    readonly bytes: number;
    readonly maxBytes: number;
    readonly records: number;
    readonly highWaterBytes: number;
    readonly highWaterRecords: number;
    readonly highWaterAgeSeconds: number;
    readonly oldestAgeSeconds: number;
    /** Until the pool is full if the sink took nothing, at the rate of the last seconds; null without traffic. */
    readonly secondsUntilFull: number | null;
  };
  readonly sink: SinkStatus & {
    readonly kind: Config['sink'];
    /** Partitions with a leader, and ms to an acknowledgement; null while not known, and where there is no such limit. */
    readonly partitions: number | null;
    readonly ackMs: number | null;
    /** What these two can carry at most, in records like those of now. */
    readonly maxRecordsPerSecond: number | null;
    /** Brokers and partitions; null before a broker has answered, and where the sink is not Kafka. */
    readonly cluster: ClusterView | null;
  };
  readonly spool: {
    readonly records: number;
    readonly bytes: number;
    readonly maxBytes: number;
    /** `unused` where no spool was opened: another log, no overflow into a spool, and none left behind. */
    readonly state: SinkStatus['state'] | 'unused';
    readonly lastError: string | null;
  };
  readonly listeners: readonly ListenerState[];
  readonly rules: RulesStatus;
}

/** The rules in force. */
export interface RulesStatus {
  /** 1 at the start, one more with each reload that brought others. */
  readonly version: number;
  /** Path of the rules file; null without one. */
  readonly file: string | null;
  /** First 12 hex digits of the SHA-256 of the file; null without one. */
  readonly hash: string | null;
  /** How many there are. */
  readonly count: number;
  /** RFC 3339. */
  readonly loadedAt: string;
  /** Why the file as it is now is not in force; null when it is. */
  readonly lastError: string | null;
}

const RATE_EVERY_MS = 1000;
/** Weight of the newest second in the running rate. */
const RATE_WEIGHT = 0.3;

export class StatsReader {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly requests: RequestStats;
  readonly highWater: HighWater;
  readonly #config: Config;
  readonly #boot: string;
  readonly #version = version();
  readonly #situation: () => Situation;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sealedBytes = 0;
  #bytesPerSecond = 0;

  constructor(
    config: Config,
    boot: string,
    parts: { pool: SlabPool; ledger: Ledger; requests: RequestStats; highWater: HighWater },
    situation: () => Situation,
  ) {
    this.#config = config;
    this.#boot = boot;
    this.pool = parts.pool;
    this.ledger = parts.ledger;
    this.requests = parts.requests;
    this.highWater = parts.highWater;
    this.#situation = situation;
    this.#timer = setInterval(() => this.#measureRate(), RATE_EVERY_MS).unref();
  }

  #measureRate(): void {
    const now = this.ledger.sum('sealedBytes');
    const rate = ((now - this.#sealedBytes) * 1000) / RATE_EVERY_MS;
    this.#sealedBytes = now;
    this.#bytesPerSecond += (rate - this.#bytesPerSecond) * RATE_WEIGHT;
  }

  #limits(pace: SinkPace | undefined): Pick<Stats['sink'], 'partitions' | 'ackMs' | 'maxRecordsPerSecond'> {
    if (pace === undefined) return { partitions: null, ackMs: null, maxRecordsPerSecond: null };
    const { partitions, ackMs } = pace;
    const records = this.ledger.sum('sealed');
    const recordBytes = records === 0 ? 1 : this.ledger.sum('sealedBytes') / records;
    return { partitions, ackMs, maxRecordsPerSecond: ceiling(partitions, ackMs, recordBytes) };
  }

  read(): Stats {
    const { draining, sink, pace, cluster, spool, listeners, rules, crippled } = this.#situation();
    const byStatus = this.requests.byStatus();
    const level = queueLevel(this.pool);
    const highWater = this.highWater.read();
    const maxBytes = this.pool.slabs * SLAB_BYTES;
    const healthy =
      sink.state === 'connected' && !crippled && listeners.some(({ state }) => state === 'running');
    return {
      version: this.#version,
      boot: this.#boot,
      uptimeSeconds: (performance.now() - this.#started) / 1000,
      state: draining ? 'draining' : healthy ? 'serving' : 'degraded',
      requests: { total: Object.values(byStatus).reduce((sum, count) => sum + count, 0), byStatus },
      ledger: snapshot(this.pool, this.ledger),
      possibleDuplicates: this.ledger.sum('possibleDuplicates'),
      queue: {
        bytes: level.bytes,
        maxBytes,
        records: level.records,
        highWaterBytes: highWater.bytes,
        highWaterRecords: highWater.records,
        highWaterAgeSeconds: highWater.oldestAgeMs / 1000,
        oldestAgeSeconds: level.oldestAgeMs / 1000,
        secondsUntilFull: this.#bytesPerSecond < 1 ? null : (maxBytes - level.bytes) / this.#bytesPerSecond,
      },
      sink: { kind: this.#config.sink, ...sink, ...this.#limits(pace), cluster: cluster ?? null },
      spool: {
        records: this.ledger.sum('spooled'),
        bytes: this.ledger.sum('spooledBytes'),
        maxBytes: this.#config['spool.maxBytes'],
        state: spool?.state ?? 'unused',
        lastError: spool?.lastError ?? null,
      },
      listeners,
      rules,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
