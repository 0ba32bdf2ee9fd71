import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerTimeout, requestErrorOf } from '../../../src/server/sink/kafka-trouble.ts';
import { countOf } from '../../../src/telemetry/histogram-cells.ts';
import type { SinkStats } from '../../../src/telemetry/sink-stats.ts';
import { fakeKafka } from '../../support/fake-kafka-sink.ts';

/** Requests by why they got no answer. */
const requestsOf = (stats: SinkStats): Record<string, number> =>
  Object.fromEntries(
    stats.read().requests.map(({ error = 'answered', durations }) => [error, countOf(durations)]),
  );

describe('a Kafka sink counts', () => {
  it('each request, and each batch that goes out once more, whether or not it was answered', async (t) => {
    const { send, transport, stats } = await fakeKafka(t);
    await send('before');
    assert.equal(stats.read().retries, 0);
    transport.faults.push('lost_answer', 'lost_request', { errors: { 0: 'REQUEST_TIMED_OUT' } });
    await send('a', 'b');
    assert.equal(stats.read().retries, 3);
    assert.deepEqual(requestsOf(stats), { answered: 3, timeout: 0, credentials: 0, connection: 2 });
  });

  it('no retry of what was never written', async (t) => {
    const { send, transport, stats } = await fakeKafka(t);
    await send('before');
    transport.faults.push('never_written');
    assert.deepEqual(await send('a'), { kind: 'returned' });
    assert.equal(stats.read().retries, 0);
    assert.deepEqual(requestsOf(stats), { answered: 1, timeout: 0, credentials: 0, connection: 1 });
  });

  it('the parts of a batch that is too large as batches of their own', async (t) => {
    const { send, transport, stats } = await fakeKafka(t);
    transport.mostRecords = 2;
    await send('a', 'b', 'c', 'd');
    // As a whole and refused, then its first half again; the second half is sent for the first time.
    assert.equal(stats.read().retries, 1);
    assert.deepEqual(transport.values, ['a', 'b', 'c', 'd']);
  });
});

describe('a request without an answer', () => {
  const cases: [error: Error, type: string][] = [
    [new AnswerTimeout('Produce was not answered within 1000 ms'), 'timeout'],
    [Object.assign(new Error('no'), { type: 'SASL_AUTHENTICATION_FAILED' }), 'credentials'],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'connection'],
  ];
  for (const [error, type] of cases) {
    it(`because of "${error.message}" is a matter of: ${type}`, () =>
      assert.equal(requestErrorOf(error), type));
  }
});
