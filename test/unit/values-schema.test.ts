import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { defaultTextOf, type OptionKey, optionKeys, optionOf } from '../../src/options.ts';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const validate = new Ajv({ allErrors: true }).compile(
  JSON.parse(read('charts/redirector/values.schema.json')),
);
const values = parse(read('charts/redirector/values.yaml'));

/** `queue.maxBytes` and 1 -> {queue: {maxBytes: 1}} */
const nested = (key: string, value: unknown): object =>
  key.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;

/** What only the server can tell, as JSON Schema cannot or not in a pattern that is worth it. */
const NOT_TOLD: Readonly<Partial<Record<OptionKey, readonly string[]>>> = {
  topic: ['..'],
};

describe('values.schema.json of the chart', () => {
  for (const key of optionKeys) {
    it(`takes ${key} in \`config\` as the server takes it in its file`, () => {
      const { accepts, refuses, type } = optionOf(key);
      assert.ok(type.json, 'its kind has no JSON Schema');
      const takes = (example: string) => validate({ config: nested(key, asInYaml(example)) });
      for (const example of accepts) assert.ok(takes(example), JSON.stringify(validate.errors));
      // A list's items are looked at by the server.
      const told = type.isList ? [] : refuses.filter((example) => !NOT_TOLD[key]?.includes(example));
      for (const example of told) assert.ok(!takes(example), `${example} is let through`);
    });
  }

  it('takes values.yaml, and has a description of every option', () => {
    assert.ok(validate(values), JSON.stringify(validate.errors));
  });

  it('refuses keys that neither the chart nor the server has', () => {
    for (const bad of [{ replica: 1 }, { config: { prot: 1 } }, { config: { 'queue.maxBytes': '1MiB' } }])
      assert.ok(!validate(bad), JSON.stringify(bad));
  });
});

describe('values.yaml of the chart', () => {
  it('has the defaults of the server where it does not say why it has others', () => {
    const { port, topic, queue, spool, shutdown } = values.config;
    const given: Partial<Record<OptionKey, unknown>> = {
      port,
      topic,
      'queue.maxBytes': queue.maxBytes,
      'spool.maxBytes': spool.maxBytes,
      'shutdown.deadline': shutdown.deadline,
    };
    for (const [key, value] of Object.entries(given))
      assert.equal(String(value), defaultTextOf(key as OptionKey), key);
  });

  it('is of the release of the package', () => {
    const { version, appVersion } = parse(read('charts/redirector/Chart.yaml'));
    const released = JSON.parse(read('package.json')).version;
    assert.deepEqual([version, appVersion], [released, released]);
  });
});

/** An example as it would stand in a file: numbers and booleans as such, all else as text. */
function asInYaml(example: string): unknown {
  return /^(true|false|-?\d+(\.\d+)?)$/.test(example) ? JSON.parse(example) : example;
}
