/**
 * Requests to brokers: connections, SASL, TLS, versions and metadata are kafkajs's; the Produce request, every time-out and
 * every partition's error are ours.
 */
import { hostAndPort } from '../../hosts.ts';
import type { KafkaClientOptions } from './kafka-options.ts';
import { type Produced, type ProduceRequest, sendProduce } from './kafka-produce.ts';
import {
  destroy,
  isOpen,
  leave,
  type Place,
  type PooledBroker,
  placeAt,
  planRenewal,
} from './kafka-session.ts';
import { AnswerTimeout, isRefusal } from './kafka-trouble.ts';
import {
  apiKeys,
  BrokerClass,
  buildPools,
  type Decoder,
  DecoderClass,
  type Encoder,
  EncoderClass,
  errorCodes,
  type InitProducerIdResponse,
  type MetadataResponse,
  type ProtocolRequest,
  type ProtocolResponse,
  produceResponse,
  requests,
  silent,
} from './kafkajs-internals.ts';

/** Kafka's name of an error code, e.g. NOT_LEADER_FOR_PARTITION; 0 is NONE. */
export function errorName(code: number): string {
  if (code === 0) return 'NONE';
  return errorCodes.find((entry) => entry.code === code)?.type ?? `ERROR_CODE_${code}`;
}

export interface TopicMetadata {
  /** Kafka's error name of the topic, NONE when all is well. */
  readonly error: string;
  /** Leaders by partition id; -1 where there is none. */
  readonly leaders: ReadonlyMap<number, number>;
  /** `host:port` of every broker of the cluster, by its id. */
  readonly brokers: ReadonlyMap<number, string>;
}

/** A request that kafkajs does not know, in one of its versions without tagged fields. */
export interface OwnRequest<T> {
  readonly api: Pick<ProtocolRequest, 'apiKey' | 'apiVersion' | 'apiName'>;
  encode(encoder: Encoder): Encoder;
  decode(decoder: Decoder): T;
}

export class KafkaTransport {
  readonly #options: KafkaClientOptions;
  readonly #onReconnect: () => void;
  readonly #pools: ReturnType<typeof buildPools>;
  readonly #nodes = new Map<number, Place>();
  readonly #seed = placeAt(undefined);
  #closed = false;

  /** @param onReconnect called when there is a connection again where there was one before */
  constructor(options: KafkaClientOptions, onReconnect: () => void = () => {}) {
    this.#options = options;
    this.#onReconnect = onReconnect;
    this.#pools = buildPools({
      ...options,
      logger: silent,
      // Its time-outs use the wall clock and leave the socket open; #within has its own.
      enforceRequestTimeout: false,
    });
  }

  /**
   * Asks any broker about a topic, and learns where the brokers are.
   * @throws when no broker answers in time
   */
  async metadata(topic: string): Promise<TopicMetadata> {
    const broker = await this.#anyBroker();
    const data = (await this.#call(broker, 'Metadata', {
      topics: [topic],
      allowAutoTopicCreation: false,
    })) as MetadataResponse;
    this.#learn(data.brokers);
    const found = data.topicMetadata.find((entry) => entry.topic === topic);
    const leaders = new Map<number, number>();
    for (const partition of found?.partitionMetadata ?? [])
      leaders.set(partition.partitionId, partition.leader);
    const brokers = new Map(data.brokers.map(({ nodeId, host, port }) => [nodeId, hostAndPort(host, port)]));
    return { error: errorName(found?.topicErrorCode ?? 3), leaders, brokers };
  }

  /**
   * A fresh producer id.
   * @returns Kafka's error name, NONE when the id is valid
   */
  async initProducerId(): Promise<{ error: string; producerId: bigint; epoch: number }> {
    const broker = await this.#anyBroker();
    let data: InitProducerIdResponse;
    try {
      data = (await this.#call(broker, 'InitProducerId', {
        transactionTimeout: 60_000,
      })) as InitProducerIdResponse;
    } catch (error) {
      // A broker without the API is a refusal like any other, not a failure to be tried again for ever.
      if ((error as Error).name !== 'KafkaJSServerDoesNotSupportApiKey') throw error;
      return { error: 'UNSUPPORTED_VERSION', producerId: -1n, epoch: -1 };
    }
    return {
      error: errorName(data.errorCode),
      producerId: BigInt(data.producerId),
      epoch: data.producerEpoch,
    };
  }

  /**
   * Sends ready batches, at most one a partition, in one request. With acks 0 every batch is answered NONE, -1.
   * @returns the result of each batch, undefined where the broker told none, and how long it asks to be left alone (ms)
   * @throws when the connection fails or no answer comes in time; beforeWrite tells whether bytes may have gone out
   */
  async produce(nodeId: number, produce: ProduceRequest): Promise<Produced> {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) throw new Error(`broker ${nodeId} is not known`);
    const broker = await this.#connected(node);
    const [connection] = broker.connectionPool.pool; // the other one is for what would hold up a Produce
    const { clientId, requestTimeout: timeoutMs } = this.#options;
    const payload = await this.#within(
      broker,
      'Produce',
      sendProduce(connection, produce, { clientId, timeoutMs }),
    );
    // acks 0 has no answer: what was written counts as done.
    if (payload === undefined) {
      return { results: produce.batches.map(() => ({ error: 'NONE', baseOffset: -1n })), throttleMs: 0 };
    }
    const { topics, clientSideThrottleTime = 0 } = await produceResponse.decode(payload);
    const results = produce.batches.map(({ topic, partition }) => {
      const answers = topics.find(({ topicName }) => topicName === topic)?.partitions;
      const found = answers?.find((answer) => answer.partition === partition);
      if (found === undefined) return undefined;
      return { error: errorName(found.errorCode), baseOffset: BigInt(found.baseOffset) };
    });
    return { results, throttleMs: clientSideThrottleTime };
  }

  /** The brokers that the last metadata named. */
  get nodeIds(): number[] {
    return [...this.#nodes.keys()];
  }

  /**
   * Asks what kafkajs has no request for.
   * @param nodeId the broker to ask; any of them when undefined
   */
  async ask<T>(nodeId: number | undefined, { api, encode, decode }: OwnRequest<T>): Promise<T> {
    const node = nodeId === undefined ? undefined : this.#nodes.get(nodeId);
    const broker = await (node === undefined ? this.#anyBroker() : this.#connected(node));
    const request: ProtocolRequest = { ...api, encode: async () => encode(new EncoderClass()) };
    const response: ProtocolResponse<T> = {
      decode: async (payload) => decode(new DecoderClass(payload)),
      parse: async (data) => data,
    };
    return this.#within(broker, api.apiName, broker.connectionPool.send({ request, response }));
  }

  /** Closes every connection at once; requests under way reject. */
  close(): void {
    this.#closed = true;
    for (const place of [...this.#nodes.values(), this.#seed]) leave(place, 'closed');
  }

  #learn(brokers: MetadataResponse['brokers']): void {
    for (const { nodeId, host, port } of brokers) {
      const known = this.#nodes.get(nodeId);
      if (known?.at?.host === host && known.at.port === port) continue;
      if (known !== undefined) leave(known, 'moved');
      this.#nodes.set(nodeId, placeAt({ host, port }));
    }
    for (const [nodeId, place] of this.#nodes) {
      if (brokers.some((current) => current.nodeId === nodeId)) continue;
      this.#nodes.delete(nodeId);
      leave(place, 'gone');
    }
  }

  async #build(at: Place['at']): Promise<PooledBroker> {
    const connectionPool = await this.#pools.build(at); // without an address: the bootstrap addresses in turn
    return new BrokerClass({ connectionPool, logger: silent, allowAutoTopicCreation: false }) as PooledBroker;
  }

  /** A connected broker: one that is known, or the next of the bootstrap list. */
  #anyBroker(): Promise<PooledBroker> | PooledBroker {
    const open = [...this.#nodes.values()].find(({ broker }) => broker !== undefined && isOpen(broker));
    return this.#connected(open ?? this.#seed);
  }

  #connected(place: Place): Promise<PooledBroker> | PooledBroker {
    if (place.broker?.isConnected() === true) return place.broker;
    place.connecting ??= this.#connect(place).finally(() => {
      place.connecting = undefined;
    });
    return place.connecting;
  }

  /** A connection that ended is never used again: kafkajs keeps its half-read answer. */
  async #connect(place: Place): Promise<PooledBroker> {
    if (place.broker !== undefined && isOpen(place.broker)) {
      try {
        return await this.#authenticated(place.broker);
      } catch {
        // Its session could not be renewed, as when the token is somebody else's now: a new one may do.
      }
    }
    leave(place, 'replaced');
    place.broker = await this.#build(place.at);
    const connected = await this.#authenticated(place.broker);
    if (place.wasConnected) this.#onReconnect();
    place.wasConnected = true;
    return connected;
  }

  // kafkajs opens a socket for each concurrent request on an unconnected connection: always connect first. On one whose
  // session nears its end it authenticates again (KIP-368), beside what is under way there.
  async #authenticated(broker: PooledBroker): Promise<PooledBroker> {
    if (this.#closed) throw new Error('closed');
    const { tokens, connectionTimeout } = this.#options;
    try {
      await tokens?.get(); // first, as that may take longer than a connection
      await this.#within(broker, 'connect', broker.connect(), connectionTimeout);
    } catch (error) {
      destroy(broker, 'not connected');
      if (isRefusal(error)) tokens?.refused();
      throw error;
    }
    planRenewal(broker);
    return broker;
  }

  async #call(broker: PooledBroker, api: string, args: object): Promise<unknown> {
    const { request, response } = broker.lookupRequest(apiKeys[api]!, requests[api])(args);
    // Their parse throws the first error for all partitions; every error is judged for itself here.
    const judged = { decode: response.decode, parse: async (data: unknown) => data };
    return this.#within(broker, api, broker.connectionPool.send({ request, response: judged }));
  }

  /** Waits on the monotonic clock; a request that timed out destroys its connection, and with it its copy of the bytes. */
  async #within<T>(
    broker: PooledBroker,
    what: string,
    work: Promise<T>,
    ms = this.#options.requestTimeout,
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        destroy(broker, `${what} timed out`);
        reject(new AnswerTimeout(`${what} was not answered within ${ms} ms`));
      }, ms);
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}
