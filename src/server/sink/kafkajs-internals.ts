/**
 * Shapes of the kafkajs modules that are not its public API. Only kafka-transport.ts loads them; kafkajs is pinned
 * exactly, and a test fails when one of them is missing or has another shape.
 */

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
