/** Turns a slab into the RecordBatch that goes on the wire. */
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { BATCH_HEADER_BYTES, type BatchHeader, compressionCode, finishBatch } from '../queue/record-batch.ts';
import { slabBig, slabNumber, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';

export type CompressionName = 'none' | 'gzip' | 'zstd';

const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) } as const;

/** The header fields of a slab's batch, from the slab. */
function batchHeaderOf(pool: SlabPool, slab: number, compression: CompressionName): BatchHeader {
  const producerId = pool.big(slab, slabBig.PRODUCER_ID);
  const idempotent = producerId !== -1n;
  return {
    records: pool.records(slab),
    baseTimestamp: pool.number(slab, slabNumber.BASE_TIME),
    maxTimestamp: pool.number(slab, slabNumber.MAX_TIME),
    producerId,
    producerEpoch: idempotent ? pool.get(slab, slabWord.PRODUCER_EPOCH) : -1,
    baseSequence: idempotent ? pool.get(slab, slabWord.BASE_SEQUENCE) : -1,
    compression: compressionCode[compression],
  };
}

/**
 * The finished batch of a slab. Uncompressed it is a view on the slab itself, with the header filled in; compressed it
 * is a copy, and the slab stays as it is.
 */
export async function buildBatch(
  pool: SlabPool,
  slab: number,
  compression: CompressionName,
): Promise<Buffer> {
  const whole = pool.bytes(slab).subarray(0, BATCH_HEADER_BYTES + pool.recordBytes(slab));
  if (compression === 'none') {
    finishBatch(whole, batchHeaderOf(pool, slab, compression));
    return whole;
  }
  const records = await compressors[compression](whole.subarray(BATCH_HEADER_BYTES));
  const batch = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), records]);
  finishBatch(batch, batchHeaderOf(pool, slab, compression));
  return batch;
}
