import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { everyHasClickId, type Keyed, recordKey } from '../../../src/server/redirect/record-key.ts';
import { parseRules } from '../../../src/server/redirect/rules.ts';

const record: Keyed = {
  rule: 'spring',
  clickId: '0199f2a4-7c3e-7b1d-9f00-0123456789ab',
  host: 'shop.example',
  path: '/a?b=c',
  remoteAddress: '[2001:db8::1]:443',
  fields: [['user', Buffer.from('Zoë').toString('latin1')]],
};
const fields = { 'record.fields': 'user=query:user', 'record.partitions': '4' };

const keyFor = (key: string, changes: Partial<Keyed> = {}): string | null => {
  const { config } = loadConfig({ flags: { ...fields, 'record.key': key } });
  const bytes = recordKey(config)!({ ...record, ...changes });
  return bytes === null ? null : Buffer.from(bytes).toString();
};

describe('the key of a record', () => {
  it('is what the option names, as UTF-8', () => {
    assert.equal(keyFor('rule'), 'spring');
    assert.equal(keyFor('click_id'), record.clickId);
    assert.equal(keyFor('field:user'), 'Zoë');
    assert.equal(keyFor('field:host'), 'shop.example');
    assert.equal(keyFor('field:path'), '/a?b=c');
    assert.equal(keyFor('field:remote_address'), '2001:db8::1', 'without its port');
  });

  it('can be a query parameter that record.fields takes by how its name begins', () => {
    const flags = { ...fields, 'record.fields': 'query:utm_*', 'record.key': 'field:utm_source' };
    const keyOf = recordKey(loadConfig({ flags }).config)!;
    assert.equal(Buffer.from(keyOf({ ...record, fields: [['utm_source', 'mail']] })!).toString(), 'mail');
  });

  it('needs a click id in every record where it is that', () => {
    const every = (flags: Record<string, string>) => everyHasClickId(loadConfig({ flags }).config);
    assert.equal(every({}), false);
    assert.equal(every({ 'record.clickId': 'always' }), true);
    assert.equal(every({ 'record.key': 'click_id', 'record.partitions': '4' }), true);
  });

  it('is absent where the record does not have it, and no record has one by default', () => {
    assert.equal(keyFor('rule', { rule: undefined }), null);
    assert.equal(keyFor('field:user', { fields: undefined }), null);
    assert.equal(keyFor('field:remote_address', { remoteAddress: '' }), null);
    assert.equal(keyFor('field:user', { fields: [['user', '']] }), '', 'an empty value is a value');
    assert.equal(recordKey(loadConfig({}).config), undefined);
  });
});

describe('topics of rules', () => {
  const rules = (topics: readonly string[]): string =>
    JSON.stringify({
      rules: topics.map((topic, at) => ({ path: `/${at}`, target: 'https://a.example/', topic })),
      fallbacks: [{ target: 'https://a.example/', topic: 'misses' }],
    });
  const parse = (text: string, flags: Record<string, string> = {}) =>
    parseRules(text, loadConfig({ flags }).config, 'rules.yaml').set;

  it('are all that the file names beside that of the options, once each', () => {
    const { topics, fallbacks } = parse(rules(['log', 'orders', 'orders']));
    assert.deepEqual(topics, ['orders', 'misses']);
    assert.equal(fallbacks[0]?.topic, 'misses');
  });

  it('with a name that Kafka does not take are a mistake with its line', () => {
    assert.throws(() => parse(rules(['two words'])), /is not a Kafka topic name/);
  });

  it('for whose lanes the queue is too small are a mistake that says what would do', () => {
    const flags = { 'queue.maxBytes': '1MiB', 'record.key': 'rule', 'record.partitions': '1' };
    parse(rules(['orders']), { ...flags, 'queue.maxBytes': '3MiB' });
    assert.throws(
      () => parse(rules(['orders']), flags),
      /holds 4 slabs .* two for each of its 6 lanes \(from 3 topics and record\.partitions 1\): give at least 3072KiB/,
    );
  });
});
