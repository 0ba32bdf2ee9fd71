import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { loadConfig } from '../../src/config.ts';
import { makeBootId } from '../../src/server/boot-id.ts';
import { type Access, recordFormat, ruleFields } from '../../src/server/queue/access-record.ts';

type Format = 'click' | 'go-compat';
interface RecordSchema {
  readonly $defs: Readonly<Record<Format, { readonly properties: object; readonly required: string[] }>>;
}

const text = readFileSync(new URL('../../docs/record.schema.json', import.meta.url), 'utf8');
const schema = JSON.parse(text) as RecordSchema;
const validator = (format: Format) => z.fromJSONSchema(schema.$defs[format] as never);
const whole = z.fromJSONSchema(JSON.parse(text));

const least: Access = {
  time: Date.UTC(2026, 10, 24, 3, 42, 31, 5),
  method: 'GET',
  path: '/',
  host: undefined,
  status: 404,
  ruleJson: ruleFields(undefined, undefined),
  clickId: undefined,
  remoteAddress: '',
  userAgent: undefined,
  referer: undefined,
  requestId: undefined,
  traceId: undefined,
  spanId: undefined,
  noClick: undefined,
  fields: undefined,
};
const most: Access = {
  ...least,
  host: 'example.com',
  status: 301,
  ruleJson: ruleFields('spring "26"', 'https://example.com/a?b=c'),
  clickId: '0199f2a4-7c3e-7b1d-9f00-0123456789ab',
  remoteAddress: '[2001:db8::1]:443',
  userAgent: 'M\u00c3\u00bcller\\ "\u00ff',
  referer: 'https://example.org/',
  requestId: 'req/1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  noClick: 'bot',
  fields: [
    ['region', 'eu'],
    ['source', 'M\u00c3\u00bcller "\u00ff'],
  ],
};

function written(format: Format, access: Access): Record<string, unknown> {
  const { config } = loadConfig({ flags: { 'record.format': format, 'record.asyncParam': '<&>' } });
  return JSON.parse(recordFormat(config, makeBootId(), 0)(access, 1));
}

describe('docs/record.schema.json', () => {
  for (const format of ['click', 'go-compat'] as const) {
    it(`accepts what the code writes as ${format}, with everything absent and with everything there`, () => {
      for (const access of [least, most]) {
        const record = written(format, access);
        assert.deepEqual(validator(format).parse(record), record);
        assert.deepEqual(whole.parse(record), record);
      }
    });

    it(`names exactly the fields that the code writes as ${format}, and those that are never absent`, () => {
      const { properties, required } = schema.$defs[format];
      assert.deepEqual(Object.keys(written(format, most)), Object.keys(properties));
      assert.deepEqual(Object.keys(written(format, least)).sort(), [...required].sort());
    });
  }

  it('refuses what is no record', () => {
    const record = written('click', most);
    for (const wrong of [
      { ...record, id: undefined },
      { ...record, status: '301' },
      { ...record, time: '24 November' },
      { ...record, remote_address: 'localhost' },
      { ...record, trace_id: record.span_id },
    ]) {
      assert.equal(validator('click').safeParse(wrong).success, false, JSON.stringify(wrong));
    }
    assert.equal(whole.safeParse({}).success, false);
  });
});
