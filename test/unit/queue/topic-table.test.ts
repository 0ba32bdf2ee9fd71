import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_TOPICS } from '../../../src/limits.ts';
import { allocateTopicTable, TopicTable } from '../../../src/server/queue/topic-table.ts';

describe('the table of topics', () => {
  it('gives every thread the same number for a name, and the name for a number', () => {
    const memory = allocateTopicTable();
    const [one, other] = [new TopicTable(memory), new TopicTable(memory)];
    const long = 'x'.repeat(249);
    one.addAll(['clicks', 'orders', 'clicks', long]);
    assert.equal(other.size, 3);
    assert.deepEqual(
      ['clicks', 'orders', long].map((name) => other.number(name)),
      [0, 1, 2],
    );
    assert.equal(other.number('late'), 3);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((number) => one.name(number)),
      ['clicks', 'orders', long, 'late', undefined],
    );
    assert.equal(one.find('nobody'), undefined);
  });

  it('takes all of some names or none, and says when it is full', () => {
    const table = new TopicTable(allocateTopicTable());
    const names = Array.from({ length: MAX_TOPICS - 1 }, (_, n) => `topic-${n}`);
    table.addAll(names);
    assert.throws(() => table.addAll(['two', 'more']), /more than 1000 topics since the start/);
    assert.equal(table.size, MAX_TOPICS - 1);
    table.addAll([...names, 'one more']);
    assert.throws(() => table.number('another'), /more than 1000 topics/);
    assert.equal(table.number('one more'), MAX_TOPICS - 1, 'those that are there are found');
  });
});
