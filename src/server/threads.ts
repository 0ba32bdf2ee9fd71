/** All worker threads of a server, and what the supervisor knows of them. */
import { randomBytes } from 'node:crypto';
import { listenerCount } from '../capacity.ts';
import type { Config } from '../config.ts';
import type { Redact } from '../redaction.ts';
import { LoopStats, type LoopWindow } from '../telemetry/loop-stats.ts';
import type { BatchFate, ClickNote } from '../telemetry/notes.ts';
import { RequestStats } from '../telemetry/request-stats.ts';
import type { Sampler } from '../telemetry/sampler.ts';
import { SinkStats, sinkRow } from '../telemetry/sink-stats.ts';
import { spanBudgets } from '../telemetry/span-budget.ts';
import { StatsReader } from './admin/stats.ts';
import type { Certificate } from './certificate.ts';
import type { ServerLog } from './log.ts';
import { watchLoop } from './loop-watch.ts';
import { ManagedThread } from './managed-thread.ts';
import type {
  FromListener,
  FromSinkThread,
  ListenerData,
  SharedState,
  ThreadData,
  TracesMessage,
} from './messages.ts';
import { monotonicMs } from './queue/clock.ts';
import { HighWater } from './queue/high-water.ts';
import { recoverListener } from './queue/lane-writer.ts';
import { Ledger } from './queue/ledger.ts';
import { owner } from './queue/slab-layout.ts';
import { SlabPool } from './queue/slab-pool.ts';
import { TopicTable } from './queue/topic-table.ts';
import { partsOf } from './rule-parts.ts';
import type { RulesKeeper } from './rules-keeper.ts';
import { allocateSharedState, loopRow } from './shared-state.ts';
import type { ClusterView, SinkPace, SinkReport, SinkStatus } from './sink/sink.ts';

/** A sink thread has a few objects for a batch, whose bytes are in the pool. Left to itself V8 would take up to 48 MiB for them. */
const SINK_YOUNG_MIB = 3;

export interface ThreadsOptions {
  readonly config: Config;
  readonly boot: string;
  readonly rules: RulesKeeper;
  /** The certificate in force; undefined: plain HTTP. */
  readonly certificate: () => Certificate | undefined;
  /** Networks from which nobody clicks. */
  readonly scanners: readonly string[];
  readonly sampler: Sampler | undefined;
  /** The fate of batches that are lost is asked for, also where no record of them is traced. */
  readonly tellsLost: boolean;
  readonly log: ServerLog;
  /** Takes secrets out of what the admin API tells of threads. */
  readonly redact: Redact;
  readonly onSpan: (note: ClickNote) => void;
  /** `taker`: the sink that the batch's outcome comes from; undefined where none had taken it. */
  readonly onFate: (fate: BatchFate, taker: Config['sink'] | undefined) => void;
  /** A thread died too often for the server to go on. */
  readonly onGivenUp: (reason: string) => void;
}

export class Threads {
  readonly #o: ThreadsOptions;
  readonly #shared: SharedState;
  readonly #loops: LoopStats;
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly topics: TopicTable;
  readonly requests: RequestStats;
  readonly sinkStats: SinkStats;
  readonly stats: StatsReader;
  readonly listeners: ManagedThread<FromListener>[] = [];
  /** The shipper before the spooler, which settles what the shipper hands over. */
  readonly sinks: ManagedThread<FromSinkThread>[] = [];
  draining = false;
  #sink: SinkStatus = { state: 'connecting', lastError: null };
  #spool: SinkStatus | undefined;
  #pace: SinkPace | undefined;
  #cluster: ClusterView | undefined;
  #crippled: string | undefined;
  /** Versions of the rules by which listeners answer. */
  readonly #rulesVersions: number[] = [];
  /** The first word of each listener. */
  readonly #listening: Promise<FromListener>[] = [];
  #port: number;
  readonly #addressSecret = new Uint8Array(randomBytes(32));

  constructor(options: ThreadsOptions) {
    const { config, boot, rules } = options;
    this.#o = options;
    this.#port = config.port;
    const listeners = listenerCount(config);
    const shared = allocateSharedState(config, listeners);
    this.#shared = shared;
    this.#loops = new LoopStats(shared.loops);
    watchLoop(shared.loops, loopRow.SUPERVISOR);
    this.pool = new SlabPool(shared.pool);
    this.ledger = new Ledger(shared.ledger);
    this.topics = new TopicTable(shared.topics);
    this.topics.addAll([config.topic, ...rules.set.topics]);
    this.requests = new RequestStats(shared.requests);
    this.sinkStats = new SinkStats(shared.sinks, sinkRow.shipper);
    const parts = {
      pool: this.pool,
      ledger: this.ledger,
      requests: this.requests,
      highWater: new HighWater(shared.highWater, this.pool, 0),
    };
    this.stats = new StatsReader(config, boot, parts, () => ({
      draining: this.draining,
      sink: this.#sink,
      spool: this.#spool,
      pace: this.#pace,
      cluster: this.#cluster,
      listeners: this.listeners.map(({ state, restarts }, id) => ({
        id,
        state,
        restarts,
        rulesVersion: this.#rulesVersions[id] ?? rules.status.version,
      })),
      rules: rules.status,
      crippled: this.#crippled !== undefined,
    }));
  }

  /** All threads but this one. */
  get workers(): readonly (ManagedThread<FromListener> | ManagedThread<FromSinkThread>)[] {
    return [...this.listeners, ...this.sinks];
  }

  /** The event loops of all threads, this one's first; undefined where one has told nothing lately. */
  loops(): { name: string; loop: LoopWindow | undefined }[] {
    const now = monotonicMs();
    return [{ name: 'supervisor', loopRow: loopRow.SUPERVISOR }, ...this.workers].map((thread) => ({
      name: thread.name,
      loop: this.#loops.read(thread.loopRow, now),
    }));
  }

  #data(row: number): ThreadData {
    const { config, boot, tellsLost } = this.#o;
    return { config, boot, shared: this.#shared, tellsLost, restarted: false, loopRow: row };
  }

  /** Why this server should get no traffic, or undefined. */
  unreadyReason(): string | undefined {
    if (this.draining) return 'draining';
    if (this.#crippled !== undefined) return this.#crippled;
    if (!this.listeners.some(({ state }) => state === 'running')) return 'no listener runs';
    return undefined;
  }

  /** Starts the shipper and the spooler, as far as they are needed; a spool that cannot be used ends the start. */
  async startSinks(withSpooler: boolean): Promise<void> {
    await Promise.all([
      this.#o.config.sink === 'spool' ? undefined : this.#startSink('shipper'),
      withSpooler ? this.#startSink('spooler') : undefined,
    ]);
  }

  /** The spooler is the sink only where the spool is the log; elsewhere it stands beside it. */
  #report(file: 'shipper' | 'spooler', { status, pace, cluster }: SinkReport): void {
    const { config, redact } = this.#o;
    const { state, lastError } = status;
    const shown = { state, lastError: lastError === null ? null : redact(lastError) };
    if (file === 'spooler') this.#spool = shown;
    if (file === 'shipper' || config.sink === 'spool') this.#sink = shown;
    if (file !== 'shipper') return;
    this.#pace = pace;
    this.#cluster = cluster;
  }

  async #startSink(file: 'shipper' | 'spooler'): Promise<void> {
    const { config, log } = this.#o;
    const thread = new ManagedThread<FromSinkThread>({
      name: file,
      file,
      data: () => this.#data(file === 'shipper' ? loopRow.SHIPPER : loopRow.SPOOLER),
      resourceLimits: { maxYoungGenerationSizeMb: SINK_YOUNG_MIB },
      log,
      firstWord: 'ready',
      lastWord: 'closed',
      onMessage: (message) => {
        if (message.type === 'status') this.#report(file, message);
        else if (message.type === 'traces') this.#traces(message, file === 'spooler' ? 'spool' : config.sink);
      },
      onDeath: () => {
        this.pool.tellFree();
        this.#report(file, { status: { state: 'connecting', lastError: `The ${file} thread died.` } });
      },
      onGivenUp: (cause) => {
        this.#crippled = this.#o.redact(`the ${file} thread was given up: ${cause}`);
      },
    });
    this.sinks.push(thread);
    await thread.start();
  }

  /** Starts the listeners' threads: they load while the sinks start, and wait for listen(). */
  loadListeners(): void {
    for (let listener = 0; listener < listenerCount(this.#o.config); listener++) this.#loadListener(listener);
  }

  /**
   * Lets the listeners listen.
   * @returns the port that they listen on
   */
  async listen(): Promise<number> {
    // One after another: the first finds out what port 0 stands for.
    for (const [listener, thread] of this.listeners.entries()) {
      thread.post({ type: 'listen', port: this.#port });
      const started = await this.#listening[listener]!;
      if (started.type === 'listening') this.#port = started.port;
    }
    return this.#port;
  }

  #loadListener(listener: number): void {
    const { config, log, rules, scanners, certificate, sampler } = this.#o;
    const { listener: spansPerSecond } = spanBudgets(
      config['telemetry.maxSpansPerSecond'],
      listenerCount(config),
    );
    const data = (): ListenerData => ({
      ...this.#data(loopRow.LISTENER + listener),
      listener,
      rules: rules.set,
      rulesVersion: rules.status.version,
      listeners: listenerCount(config),
      certificate: certificate(),
      scanners,
      addressSecret: this.#addressSecret,
      sampler,
      spansPerSecond,
      port: this.#port,
    });
    const thread = new ManagedThread<FromListener>({
      name: `listener ${listener}`,
      file: 'listener',
      data,
      log,
      firstWord: 'listening',
      lastWord: 'drained',
      onMessage: (message) => {
        if (message.type === 'traces') this.#traces(message, undefined);
        else if (message.type === 'rules') this.#noteRules(listener, message.version);
      },
      onDeath: () => {
        recoverListener(this.pool, this.ledger, owner.LISTENER + listener);
        this.requests.forgetClients(listener);
        this.pool.tellFree();
      },
      onGivenUp: () => {
        const all = this.listeners.every(({ state }) => state === 'given_up');
        if (all) this.#o.onGivenUp('every listener died too often');
      },
    });
    this.listeners.push(thread);
    const listening = thread.start();
    listening.catch(() => {}); // heard in listen(), unless the start has failed before
    this.#listening.push(listening);
  }

  /** @param sink that a thread which tells of batches has */
  #traces({ traces }: TracesMessage, sink: Config['sink'] | undefined): void {
    const { onSpan, onFate } = this.#o;
    for (const trace of traces) {
      if (trace.type === 'span') onSpan(trace);
      else onFate(trace, trace.takenTime === undefined ? undefined : sink);
    }
  }

  /** Gives the certificate in force to every listener. */
  handCertificate(): void {
    const certificate = this.#o.certificate();
    if (certificate === undefined) return;
    for (const thread of this.listeners) thread.post({ type: 'certificate', certificate });
  }

  /** Gives the rules in force to every listener. */
  handRules(): void {
    for (const thread of this.listeners) this.#handRulesTo(thread);
  }

  #handRulesTo(thread: ManagedThread<FromListener>): void {
    const { set, status } = this.#o.rules;
    for (const part of partsOf(set, status.version)) thread.post(part);
  }

  /** A listener that started with what has been replaced meanwhile gets what is in force. */
  #noteRules(listener: number, version: number): void {
    this.#rulesVersions[listener] = version;
    if (version < this.#o.rules.status.version) this.#handRulesTo(this.listeners[listener]!);
  }

  async terminate(): Promise<void> {
    await Promise.all(this.workers.map((thread) => thread.terminate()));
    this.stats.stop();
  }
}
