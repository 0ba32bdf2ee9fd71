/** What the threads say to each other beside the shared memory. All of it is rare: per start, state change or trace. */
import type { Config } from '../config.ts';
import type { AnyLogFields } from '../telemetry/log-line.ts';
import type { LogEvent } from '../telemetry/log-names.ts';
import type { BatchFate, ClickNote } from '../telemetry/notes.ts';
import type { Sampler } from '../telemetry/sampler.ts';
import type { Certificate } from './certificate.ts';
import type { PoolMemory } from './queue/slab-layout.ts';
import type { Rule, RuleSet } from './redirect/rule-set.ts';
import type { SinkReport } from './sink/sink.ts';

/** The memory that holds records and counts; it belongs to the process, so a thread that dies loses none of it. */
export interface SharedState {
  readonly pool: PoolMemory;
  readonly topics: SharedArrayBuffer;
  readonly ledger: SharedArrayBuffer;
  readonly highWater: SharedArrayBuffer;
  readonly requests: SharedArrayBuffer;
  readonly sinks: SharedArrayBuffer;
  readonly loops: SharedArrayBuffer;
}

/** What every thread is started with. */
export interface ThreadData {
  readonly config: Config;
  /** Time-ordered unique id of this start; the first part of every record id. */
  readonly boot: string;
  readonly shared: SharedState;
  /** The fate of each batch that is lost is told, also where no record of it is traced. */
  readonly tellsLost: boolean;
  /** The thread replaces one that died. */
  readonly restarted: boolean;
  /** Its row in `shared.loops`. */
  readonly loopRow: number;
}

export interface ListenerData extends ThreadData {
  readonly listener: number;
  /** How many listeners there are. */
  readonly listeners: number;
  /** Undefined: it speaks plain HTTP. */
  readonly certificate: Certificate | undefined;
  readonly rules: RuleSet;
  readonly rulesVersion: number;
  /** Networks from which nobody clicks. */
  readonly scanners: readonly string[];
  /** For hashes of addresses: of this start, and nowhere else. */
  readonly addressSecret: Uint8Array;
  /** Undefined: no spans are exported, so none are made. */
  readonly sampler: Sampler | undefined;
  /** This listener's part of the limit on spans. */
  readonly spansPerSecond: number;
  /** The port to take, for one that replaces another; the first ones wait until they are told. */
  readonly port: number;
}

/** An event of the log; the supervisor writes it. */
export interface LogMessage {
  readonly type: 'log';
  readonly event: LogEvent;
  readonly fields: AnyLogFields;
}

/** A start that cannot succeed: a catalogue error, in parts, as classes do not cross threads. */
export interface FailedMessage {
  readonly type: 'failed';
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export type SpanNote = ClickNote & { readonly type: 'span' };
export type FateMessage = BatchFate & { readonly type: 'fate' };
export type TraceMessage = SpanNote | FateMessage;

/** What became of traced redirects lately, in the order in which it did. */
export interface TracesMessage {
  readonly type: 'traces';
  readonly traces: readonly TraceMessage[];
}

export type FromListener =
  | { readonly type: 'listening'; readonly port: number }
  /** It answers by the rules of this version. */
  | { readonly type: 'rules'; readonly version: number }
  | { readonly type: 'drained' }
  | TracesMessage
  | LogMessage
  | FailedMessage;

export type FromSinkThread =
  | { readonly type: 'ready' }
  | ({ readonly type: 'status' } & SinkReport)
  | { readonly type: 'closed' }
  | TracesMessage
  | LogMessage
  | FailedMessage;

/** Drain: finish what is under way by `deadline` (monotonic ms, clock.ts), then say so. */
export interface DrainMessage {
  readonly type: 'drain';
  readonly deadline: number;
}

/** A part of the rules for a listener that runs; `rest` comes with the last one, which puts all of them in force. */
export interface RulesPart {
  readonly type: 'rules';
  readonly version: number;
  /** It begins a new set; one that was not finished is given up. */
  readonly first: boolean;
  readonly rules: readonly Rule[];
  readonly rest: Pick<RuleSet, 'keys' | 'fallbacks'> | undefined;
}

/** Another certificate for a listener that runs: new connections get it. */
export interface CertificateMessage {
  readonly type: 'certificate';
  readonly certificate: Certificate;
}

/** All else has started: a listener may listen, on `config.port`, or on what the first one got where that is 0. */
export interface ListenMessage {
  readonly type: 'listen';
  readonly port: number;
}

/** What a thread is told while it runs. */
export type ToThread = DrainMessage | RulesPart | CertificateMessage | ListenMessage;
