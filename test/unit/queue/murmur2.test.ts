import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_PARTITIONS, MAX_TOPICS } from '../../../src/limits.ts';
import { laneOf, NO_PLACE, placeOfLane, topicOfLane } from '../../../src/server/queue/lane.ts';
import { murmur2, partitionOf } from '../../../src/server/queue/murmur2.ts';

describe('the hash of keys', () => {
  it("gives what Kafka's own tests expect of it (org.apache.kafka.common.utils.UtilsTest.testMurmur2)", () => {
    const expected: Readonly<Record<string, number>> = {
      21: -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    };
    for (const [key, hash] of Object.entries(expected)) assert.equal(murmur2(Buffer.from(key)), hash, key);
  });

  it('places a key by its place, whichever divisor of the places the number of partitions is', () => {
    for (let n = 0; n < 1000; n++) {
      const key = Buffer.from(`key ${n}`);
      for (const partitions of [1, 2, 3, 4, 6, 12]) {
        assert.equal(partitionOf(key, 12) % partitions, partitionOf(key, partitions));
      }
    }
  });
});

describe('a lane', () => {
  it('is one word, from which topic and place are read back', () => {
    for (const topic of [0, 1, MAX_TOPICS - 1]) {
      for (const place of [NO_PLACE, 0, 1, MAX_PARTITIONS - 1]) {
        const lane = laneOf(topic, place);
        assert.equal(lane, lane | 0, 'it is a word of 32 bits');
        assert.deepEqual([topicOfLane(lane), placeOfLane(lane)], [topic, place]);
      }
    }
  });
});
