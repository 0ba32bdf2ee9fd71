/** The lanes of one listener: a writer for each that has had a record. */
import { laneOf, NO_PLACE } from './lane.ts';
import { LaneWriter, type LaneWriterOptions } from './lane-writer.ts';
import { partitionOf } from './murmur2.ts';
import type { TopicTable } from './topic-table.ts';

export interface LanesOptions extends Omit<LaneWriterOptions, 'lane'> {
  readonly topics: TopicTable;
  /** `record.partitions`: how many places keys have. */
  readonly places: number;
}

export class Lanes {
  readonly #o: LanesOptions;
  readonly #default: LaneWriter;
  readonly #writers = new Map<number, LaneWriter>();

  constructor(options: LanesOptions) {
    this.#o = options;
    this.#default = this.#writer(laneOf(0, NO_PLACE));
  }

  /**
   * The writer for a record.
   * @param topic undefined: the one that the options name
   * @param key null: none
   */
  writer(topic: string | undefined, key: Uint8Array | null): LaneWriter {
    if (topic === undefined && key === null) return this.#default;
    const number = topic === undefined ? 0 : this.#o.topics.number(topic);
    return this.#writer(laneOf(number, key === null ? NO_PLACE : partitionOf(key, this.#o.places)));
  }

  #writer(lane: number): LaneWriter {
    let writer = this.#writers.get(lane);
    if (writer === undefined) {
      writer = new LaneWriter({ ...this.#o, lane });
      this.#writers.set(lane, writer);
    }
    return writer;
  }

  /** Seals what is open. */
  seal(): void {
    for (const writer of this.#writers.values()) writer.seal();
  }
}
