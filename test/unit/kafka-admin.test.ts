import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Admin } from 'kafkajs';
import { findTopic, topicSettings, topicWithLeaders } from '../../src/cli/kafka-admin.ts';

/** As kafkajs throws what a broker answers. */
const refusal = (type: string): Error => Object.assign(new Error(type), { type });
const unknown = refusal('UNKNOWN_TOPIC_OR_PARTITION');

/** Gives these answers in turn, the last one for ever; counts how often it was asked. */
function inTurn(...answers: unknown[]): { ask: () => Promise<unknown>; asked: () => number } {
  let asked = 0;
  const ask = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ask, asked: () => asked };
}

const metadata = (...leaders: number[]) => ({
  topics: [{ name: 'log', partitions: leaders.map((leader) => ({ leader })) }],
});
const settings = {
  resources: [{ configEntries: [{ configName: 'retention.ms', configValue: '604800000', configSource: 5 }] }],
};

// Brokers hear of a new topic one after another, each request may go to another one, and no real cluster can be made to be late.
describe('a new topic that not all brokers have heard of', () => {
  it('is waited for until one knows it and each partition has a leader', async () => {
    const { ask, asked } = inTurn(
      unknown,
      refusal('LEADER_NOT_AVAILABLE'),
      metadata(0, -1),
      unknown,
      metadata(0, 1),
    );
    const admin = { fetchTopicMetadata: ask } as unknown as Admin;
    const { partitions } = await topicWithLeaders(admin, 'log');
    assert.deepEqual(
      partitions.map(({ leader }) => leader),
      [0, 1],
    );
    assert.equal(asked(), 5);
  });

  it('has its settings told by a broker that is asked again', async () => {
    const { ask, asked } = inTurn(unknown, unknown, settings);
    const admin = { describeConfigs: ask } as unknown as Admin;
    assert.deepEqual(await topicSettings(admin, 'log'), [
      { name: 'retention.ms', value: '604800000', from: 'default' },
    ]);
    assert.equal(asked(), 3);
  });

  it('is not there for who only looks, and other refusals are told at once', async () => {
    const admin = { fetchTopicMetadata: inTurn(unknown).ask } as unknown as Admin;
    assert.equal(await findTopic(admin, 'log'), undefined);
    const denied = refusal('TOPIC_AUTHORIZATION_FAILED');
    const { ask, asked } = inTurn(denied);
    const refusing = { fetchTopicMetadata: ask, describeConfigs: ask } as unknown as Admin;
    for (const look of [findTopic, topicWithLeaders, topicSettings])
      await assert.rejects(look(refusing, 'log'), denied);
    assert.equal(asked(), 3);
  });
});
