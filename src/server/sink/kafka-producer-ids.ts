/** Producer ids for idempotent batches: gets one, gets another when one is used up, and does without where it may. */
import { isRetriableInit } from './kafka-errors.ts';
import { type ProducerId, retryBackoff } from './kafka-partition.ts';
import type { KafkaTransport } from './kafka-transport.ts';
import { Upkeep } from './kafka-upkeep.ts';
import type { SinkHost } from './sink.ts';
import type { SinkState } from './sink-state.ts';

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
    this.#upkeep = new Upkeep(() => this.#fetch(), retryBackoff(), Number.POSITIVE_INFINITY);
  }

  /** Asks for an id, where there is none and one is needed. */
  request(): void {
    if (this.idempotent && this.current === undefined) this.#upkeep.request();
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
    const { error, producerId, epoch } = await transport.initProducerId();
    if (error === 'NONE') {
      this.current = { id: producerId, epoch };
    } else if (isRetriableInit(error)) {
      return false; // common just after a broker's start; nothing is told before it lasts
    } else if (idempotence === 'on') {
      state.degraded(`InitProducerId was refused: ${error}.`);
      return false;
    } else {
      this.idempotent = false;
      host.log(
        'warn',
        'The cluster refuses InitProducerId: going on without idempotence, so a resent batch can be appended twice.',
        { error },
      );
    }
    onReady();
    return true;
  }
}
