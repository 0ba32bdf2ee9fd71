/** Turns a slab into the RecordBatch that goes on the wire. */
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  compressionCode,
  finishBatch,
  sliceRecords,
} from '../queue/record-batch.ts';
import { slabBig, slabNumber, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import { isSplit, partOf, sequenceOf } from './slab-part.ts';

export type CompressionName = 'none' | 'gzip' | 'zstd';

const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) } as const;

/** The header fields of a slab's batch, from the slab. */
function batchHeaderOf(pool: SlabPool, slab: number, compression: CompressionName): BatchHeader {
  const producerId = pool.big(slab, slabBig.PRODUCER_ID);
  const idempotent = producerId !== -1n;
  return {
    records: partOf(pool, slab).count,
    baseTimestamp: pool.number(slab, slabNumber.BASE_TIME),
    maxTimestamp: pool.number(slab, slabNumber.MAX_TIME),
    producerId,
    producerEpoch: idempotent ? pool.get(slab, slabWord.PRODUCER_EPOCH) : -1,
    baseSequence: idempotent ? sequenceOf(pool, slab) : -1,
    compression: compressionCode[compression],
  };
}

/**
 * The finished batch of a slab's part. Uncompressed and whole it is a view on the slab itself, with the header filled in;
 * else it is a copy, and the slab stays as it is.
 */
export async function buildBatch(
  pool: SlabPool,
  slab: number,
  compression: CompressionName,
): Promise<Buffer> {
  const whole = pool.bytes(slab).subarray(0, BATCH_HEADER_BYTES + pool.recordBytes(slab));
  if (compression === 'none' && !isSplit(pool, slab)) {
    finishBatch(whole, batchHeaderOf(pool, slab, compression));
    return whole;
  }
  const { first, count } = partOf(pool, slab);
  const all = whole.subarray(BATCH_HEADER_BYTES);
  const section = isSplit(pool, slab) ? sliceRecords(all, first, count) : all;
  const records = compression === 'none' ? section : await compressors[compression](section);
  const batch = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), records]);
  finishBatch(batch, batchHeaderOf(pool, slab, compression));
  return batch;
}
