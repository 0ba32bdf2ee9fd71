/** Producer ids for idempotent batches: gets one, gets another when one is used up, and does without where it may. */
import { isRetriableInit } from './kafka-errors.ts';
import { type ProducerId, retryBackoff } from './kafka-partition.ts';
import type { KafkaTransport } from './kafka-transport.ts';
import { Upkeep } from './kafka-upkeep.ts';
import type { SinkHost } from './sink.ts';
import type { SinkState } from './sink-state.ts';

/** How long after a refusal the cluster is asked again, in ms: the right to it may have been granted meanwhile. */
const REFUSED_AGAIN_MS = 60_000;

export interface ProducerIdsOptions {
  readonly transport: Pick<KafkaTransport, 'initProducerId'>;
  readonly idempotence: 'auto' | 'on' | 'off';
  readonly acks: 'all' | '1' | '0';
  readonly host: SinkHost;
  readonly state: SinkState;
  /** Called when batches that waited for an id can go on. */
  readonly onReady: () => void;
}

export class ProducerIds {
  readonly #o: ProducerIdsOptions;
  readonly #upkeep: Upkeep;
  /** Batches carry ids. Kafka numbers them only with acks all. */
  idempotent: boolean;
  /** The id for partitions that have none; undefined while there is none to give. */
  current: ProducerId | undefined;

  constructor(options: ProducerIdsOptions) {
    this.#o = options;
    this.idempotent = options.idempotence !== 'off' && options.acks === 'all';
    this.#upkeep = new Upkeep(() => this.#fetch(), retryBackoff(), REFUSED_AGAIN_MS);
  }

  /** Batches wait for an id. */
  get missing(): boolean {
    return this.idempotent && this.current === undefined;
  }

  /** Asks for an id, where there is none and one is needed. */
  request(): void {
    if (this.missing) this.#upkeep.request();
  }

  /** No partition may begin with this id any more. */
  retire(id: bigint | undefined): void {
    if (this.current?.id === id) this.current = undefined;
    this.request();
  }

  stop(): void {
    this.#upkeep.stop();
  }

  async #fetch(): Promise<boolean> {
    const { transport, idempotence, host, state, onReady } = this.#o;
    if (this.current !== undefined) return true;
    const { error, producerId, epoch } = await transport.initProducerId();
    if (error === 'NONE') {
      this.current = { id: producerId, epoch };
      if (!this.idempotent) host.log('redirector.kafka.idempotence_restored');
      this.idempotent = true;
    } else if (isRetriableInit(error)) {
      return false; // common just after a broker's start; nothing is told before it lasts
    } else if (idempotence === 'on') {
      state.degraded(`InitProducerId was refused: ${error}.`);
      return false;
    } else {
      if (this.idempotent) host.log('redirector.kafka.idempotence_lost', { 'error.type': error });
      this.idempotent = false;
    }
    onReady();
    return true;
  }
}
