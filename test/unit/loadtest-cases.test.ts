import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { caseNames, readCase } from '../../loadtest/case-file.ts';
import { caseSettings } from '../../loadtest/case-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-cases-'));
after(() => rmSync(folder, { recursive: true }));

const smallest = {
  version: 1,
  description: 'The smallest.',
  kafka: 1,
  load: { phases: [{ rps: 10, duration: '1s' }] },
  thresholds: { maxP99: '5ms' },
};

function read(document: unknown) {
  const path = join(folder, 'own.yaml');
  writeFileSync(path, typeof document === 'string' ? document : stringify(document));
  return readCase(path);
}

const flags = {
  max: false,
  findMax: false,
  yes: false,
  trace: false,
  expect: [[300, 399]],
  answerTimeout: 10_000,
  quietTimeout: 60_000,
} as const;

describe('the cases that come with Redirector', () => {
  test('are those that docs and help name', () => {
    assert.deepEqual(caseNames(), [
      'broker-outage',
      'burst',
      'many-connections',
      'sampled-flood',
      'slow-broker',
      'steady-15k',
    ]);
  });

  for (const name of caseNames()) {
    test(`${name} is valid, and can be shortened`, () => {
      const loadCase = readCase(name);
      assert.equal(loadCase.name, name);
      const { settings } = caseSettings(loadCase, { ...flags, duration: 3 });
      assert.ok(Math.abs(settings.phases!.reduce((sum, { seconds }) => sum + seconds, 0) - 3) < 1e-9);
      assert.equal(settings.seconds, 3);
    });
  }

  test('burst keeps its rates when it is shortened, and its mean', () => {
    const { settings, scale } = caseSettings(readCase('burst'), { ...flags, duration: 15 });
    assert.equal(scale, 0.5);
    assert.deepEqual(
      settings.phases!.map(({ rps, seconds }) => [rps, seconds]),
      [1500, 15_000, 1500, 15_000, 1500].map((rps) => [rps, rps === 1500 ? 4 : 1.5]),
    );
    assert.equal(settings.rps, (1500 * 12 + 15_000 * 3) / 15);
    assert.equal(settings.warmupSeconds, 1);
    assert.equal(settings.arrivals, 'poisson');
    assert.equal(settings.thresholds.maxP99Ms, 100);
  });
});

describe('a case of one’s own', () => {
  test('has defaults for what it does not say', () => {
    const own = read(smallest);
    assert.equal(own.name, 'own');
    assert.deepEqual([own.collector, own.faults, own.server], [false, [], {}]);
    assert.deepEqual([own.load.connections, own.load.arrivals, own.thresholds.maxDrop], [64, 'even', 0]);
  });

  const fault = { at: '100ms', do: 'kill-broker' };
  const refused: readonly (readonly [what: string, document: unknown, problem: RegExp])[] = [
    ['another version', { ...smallest, version: 2 }, /version: 2 is not one of 1/],
    ['a missing field', { ...smallest, load: undefined }, /load is missing/],
    ['a field that is none', { ...smallest, lod: 1 }, /lod is not a field of it/],
    ['a wrong number of brokers', { ...smallest, kafka: 2 }, /kafka: 2 is not one of 0, 1, 3/],
    [
      'a rate that is none',
      { ...smallest, load: { phases: [{ rps: 'fast', duration: '1s' }] } },
      /load\.phases\.0\.rps: "fast" is not a whole number from 1 to 200000/,
    ],
    ['no phases', { ...smallest, load: { phases: [] } }, /load\.phases: \[\] is not a list of at least one/],
    [
      'an option that is none',
      { ...smallest, server: { 'queue.overflo': 'spool' } },
      /server\.queue\.overflo: "spool" is not an option, did you mean queue\.overflow\?/,
    ],
    [
      'an option with a wrong value',
      { ...smallest, server: { 'queue.overflow': 'drop' } },
      /server\.queue\.overflow: "drop" is not one of drop_newest/,
    ],
    [
      'a fault that is none',
      { ...smallest, faults: [{ at: '1ms', do: 'explode' }] },
      /faults\.0\.do: "explode" is not one of stop-broker, kill/,
    ],
    [
      'a fault after the end',
      { ...smallest, faults: [{ ...fault, at: '1s' }] },
      /faults\.0\.at: 1 s is not within the 1 s/,
    ],
    [
      'a fault of a broker that is none',
      { ...smallest, faults: [{ ...fault, broker: 3 }] },
      /faults\.0\.broker: 3 is not one of the 1/,
    ],
    [
      'a fault without a Kafka',
      { ...smallest, kafka: 0, faults: [fault] },
      /faults\.0 needs a Kafka .* kafka is 0/,
    ],
    [
      'slow acks of three brokers',
      { ...smallest, kafka: 3, faults: [{ at: '1ms', do: 'delay-acks', by: '1s' }] },
      /faults\.0\.do: delay-acks is for one broker: kafka is 3/,
    ],
    [
      'a threshold without its unit',
      { ...smallest, thresholds: { maxP99: 5 } },
      /thresholds\.maxP99: 5 is not a time with its unit/,
    ],
    ['no YAML', 'a: [', /it is not valid YAML/],
    ['no document', '', /it: null is not of type object/],
  ];
  for (const [what, document, problem] of refused) {
    test(`is refused for ${what}`, () => {
      assert.throws(() => read(document), { code: 'CASE_INVALID', message: problem });
    });
  }

  test('that is not there is named, with those that are', () => {
    assert.throws(() => readCase('brust'), {
      message: /"brust".*Did you mean burst\? There are broker-outage, burst/,
    });
    assert.throws(() => readCase('./none.yaml'), { message: /none\.yaml.*no such file/ });
  });
});
