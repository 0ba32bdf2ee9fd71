/**
 * The kafkajs modules that are not its public API: the one file that loads them, and their shapes. kafkajs is pinned
 * exactly, and a test fails when one of them is missing or has another shape.
 */
import { createRequire } from 'node:module';

/** kafkajs/src/protocol/encoder */
export interface Encoder {
  writeString(value: string | null): Encoder;
  writeInt8(value: number): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
}

/** kafkajs/src/protocol/decoder */
export interface Decoder {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  /** A Long. */
  readInt64(): { toString(): string };
  readString(): string | null;
  readBoolean(): boolean;
  readArray<T>(read: (decoder: Decoder) => T): T[];
}

export interface ProtocolRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): Promise<Encoder>;
}

export interface ProtocolResponse<D> {
  decode(payload: Buffer): Promise<D>;
  parse(data: D): Promise<D>;
}

/** kafkajs/src/network/connection */
export interface Connection {
  readonly socket?: { write(bytes: Buffer): void; destroy(): void };
  isConnected(): boolean;
  nextCorrelationId(): number;
  connectionStatus: string;
  /** When it was authenticated (process.hrtime); null: not yet, or without SASL. */
  readonly authenticatedAt: readonly [number, number] | null;
  /** A Long, in ms; 0 without an end. */
  readonly sessionLifetime: { toString(): string };
  /** How long before the end of its session it no longer counts as authenticated, in ms. */
  reauthenticationThreshold: number;
  readonly requestQueue: {
    push(request: QueuedRequest): void;
    destroy(): void;
    rejectAll(error: Error): void;
  };
}

/** kafkajs/src/network/requestQueue */
export interface QueuedRequest {
  readonly entry: Pick<ProtocolRequest, 'apiKey' | 'apiVersion' | 'apiName'> & {
    readonly correlationId: number;
    resolve(answer: { readonly payload: Buffer | null }): void;
    reject(error: Error): void;
  };
  readonly expectResponse: boolean;
  /** Called when it is its turn. */
  sendRequest(): void;
}

/** kafkajs/src/network/connectionPool */
export interface ConnectionPool {
  readonly pool: readonly [Connection, Connection];
  readonly sasl?: object;
  isConnected(): boolean;
  send<D>(request: { request: ProtocolRequest; response: ProtocolResponse<D> }): Promise<D>;
}

/** kafkajs/src/broker */
export interface Broker {
  isConnected(): boolean;
  connect(): Promise<void>;
  lookupRequest(
    apiKey: number,
    definition: unknown,
  ): (args: object) => { request: ProtocolRequest; response: ProtocolResponse<unknown> };
}

/** Metadata, versions 1 to 6, decoded. */
export interface MetadataResponse {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      readonly leader: number;
    }[];
  }[];
}

/** Produce, version 7, decoded. */
export interface ProduceResponse {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly baseOffset: string;
    }[];
  }[];
  readonly clientSideThrottleTime?: number;
}

/** InitProducerId, decoded. */
export interface InitProducerIdResponse {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

const require = createRequire(import.meta.url);
export const BrokerClass = require('kafkajs/src/broker') as new (options: object) => Broker;
export const buildPools = require('kafkajs/src/cluster/connectionPoolBuilder') as (options: object) => {
  build(at?: { host: string; port: number }): Promise<ConnectionPool>;
};
export const EncoderClass = require('kafkajs/src/protocol/encoder') as new () => Encoder;
export const DecoderClass = require('kafkajs/src/protocol/decoder') as new (payload: Buffer) => Decoder;
const RequestQueue = require('kafkajs/src/network/requestQueue') as {
  prototype: { pending: unknown[]; scheduleCheckPendingRequests(): void };
};
export const requests = require('kafkajs/src/protocol/requests').requests as Record<string, unknown>;
export const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;
/**
 * Decoded and no more: each partition's error is judged for itself, and throttling is obeyed by the sink. kafkajs would throw the
 * first error for all, and hold the next request back unseen.
 */
export const produceResponse =
  require('kafkajs/src/protocol/requests/produce/v7/response') as ProtocolResponse<ProduceResponse>;
export const { errorCodes } = require('kafkajs/src/protocol/error') as {
  errorCodes: readonly { type: string; code: number }[];
};

// kafkajs re-arms this timer with a negative delay, ~870 times a second on an idle connection: it is needed only
// while requests wait.
const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: { pending: unknown[] }) {
  if (this.pending.length > 0) scheduleCheck.call(this);
};

/** A logger. */
export const silent = { namespace: () => silent, debug() {}, info() {}, warn() {}, error() {} };
