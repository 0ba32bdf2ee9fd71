import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRetriableInit, verdictOf } from '../../../src/server/sink/kafka-errors.ts';
import { errorName } from '../../../src/server/sink/kafka-transport.ts';

/** Error codes of Kafka's protocol (kafka.apache.org/protocol#protocol_error_codes), and what each means for a batch. */
const produceErrors: [code: number, verdict: ReturnType<typeof verdictOf>][] = [
  [0, 'delivered'],
  [46, 'delivered'], // duplicate sequence number
  [3, 'refresh'], // unknown topic or partition
  [5, 'refresh'], // leader not available
  [6, 'refresh'], // not leader
  [19, 'refresh'], // not enough replicas
  [29, 'refresh'], // topic authorization failed
  [31, 'refresh'], // cluster authorization failed
  [56, 'refresh'], // storage error
  [-1, 'retry'], // unknown server error
  [2, 'retry'], // corrupt on the way
  [7, 'retry'], // timed out
  [13, 'retry'], // network exception
  [20, 'retry'], // not enough replicas after append
  [45, 'new_producer_id'], // out of order sequence
  [47, 'new_producer_id'], // invalid producer epoch
  [59, 'new_producer_id'], // unknown producer id
  [10, 'too_large'], // message too large
  [17, 'rejected'], // invalid topic
  [18, 'too_large'], // record list too large
  [87, 'rejected'], // invalid record
  [9999, 'rejected'], // one that nobody knows yet
];

describe('Kafka’s error code', () => {
  for (const [code, verdict] of produceErrors) {
    it(`${code} (${errorName(code)}) for a batch means ${verdict}`, () => {
      assert.equal(verdictOf(errorName(code)), verdict);
    });
  }

  for (const code of [7, 14, 15, 16, 51]) {
    it(`${code} (${errorName(code)}) for a producer id may pass`, () => {
      assert.equal(isRetriableInit(errorName(code)), true);
    });
  }

  for (const code of [31, 35, 53]) {
    it(`${code} (${errorName(code)}) for a producer id is a refusal`, () => {
      assert.equal(isRetriableInit(errorName(code)), false);
    });
  }
});
