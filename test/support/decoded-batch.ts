/** Reads a RecordBatch with kafkajs's own decoder, which shares no code with ours. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<DecodedBatch>;

/** Numbers of 64 bits are decimal strings, as kafkajs gives them. */
export interface DecodedBatch {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly inTransaction: boolean;
  readonly records: readonly {
    readonly timestamp: string;
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    /** A header that occurs twice has an array of values. */
    readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
  }[];
}

/** Decodes one whole batch. */
export const decodeBatch = (batch: Uint8Array): Promise<DecodedBatch> =>
  decode(new Decoder(Buffer.from(batch)));
