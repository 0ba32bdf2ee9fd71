import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config.ts';
import {
  type Access,
  goQuote,
  quoteBytes,
  recordFormat,
  ruleFields,
} from '../../../src/server/queue/access-record.ts';

const access: Access = {
  time: Date.parse('2026-11-24T01:02:03.004Z'),
  method: 'GET',
  path: '/a?b=c',
  host: 'example.com',
  status: 301,
  ruleJson: ruleFields('/a', 'https://example.org/'),
  clickId: undefined,
  remoteAddress: '127.0.0.1:1234',
  userAgent: 'curl/8',
  referer: 'https://from.example/',
  requestId: undefined,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  noClick: undefined,
  fields: undefined,
};
const bare: Access = {
  ...access,
  host: undefined,
  ruleJson: '',
  userAgent: undefined,
  referer: undefined,
  traceId: undefined,
  spanId: undefined,
};

const flags = { target: 'https://example.com/', 'record.runtimeParam': 'r<&>', 'record.asyncParam': 'a' };
const formatOf = (format: string) =>
  recordFormat(loadConfig({ flags: { ...flags, 'record.format': format } }).config, 'boot', 2);
const click = formatOf('click');
const goCompat = formatOf('go-compat');

/** Text as node:http gives it: one character a byte. */
const latin1 = (...bytes: number[]): string => Buffer.from(bytes).toString('latin1');
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

describe('a click', () => {
  it('has every field that there is', () => {
    assert.deepEqual(JSON.parse(click(access, 7)), {
      id: 'boot-2-7',
      time: '2026-11-24T01:02:03.004Z',
      method: 'GET',
      path: '/a?b=c',
      host: 'example.com',
      status: 301,
      rule: '/a',
      location: 'https://example.org/',
      remote_address: '127.0.0.1:1234',
      user_agent: 'curl/8',
      referer: 'https://from.example/',
      click: true,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
  });

  it('leaves absent fields out, and keeps empty ones', () => {
    const keys = ['id', 'time', 'method', 'path', 'status', 'remote_address', 'click'];
    assert.deepEqual(Object.keys(JSON.parse(click(bare, 1))), keys);
    assert.equal(JSON.parse(click({ ...bare, userAgent: '' }, 1)).user_agent, '');
  });

  it('tells why it is no click, and more fields as they came', () => {
    const record = JSON.parse(click({ ...bare, noClick: 'bot', fields: [['name', utf8('Müller "x"')]] }, 1));
    assert.equal(record.click, false);
    assert.equal(record.click_reason, 'bot');
    assert.deepEqual(record.fields, { name: 'Müller "x"' });
  });

  it('tells the time of each record, also when the millisecond changes back', () => {
    const times = [0, 1, 0].map((ms) => JSON.parse(click({ ...bare, time: ms }, 1)).time);
    assert.deepEqual(
      times,
      [0, 1, 0].map((ms) => new Date(ms).toISOString()),
    );
  });

  it('keeps valid UTF-8 and percent-encodes other bytes, in path, user_agent and referer alike', () => {
    const text = utf8('/ä日🦊\u2028"\\') + latin1(0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf0, 0x9f);
    const expected = '/ä日🦊\u2028"\\%FF%C3(%ED%A0%80%C0%80%F0%9F';
    const record = JSON.parse(click({ ...bare, path: text, userAgent: text, referer: text }, 1));
    assert.deepEqual([record.path, record.user_agent, record.referer], [expected, expected, expected]);
  });

  it('keeps a byte order mark, and escapes control characters', () => {
    assert.equal(JSON.parse(quoteBytes(utf8('\ufeffä'))), '\ufeffä');
    assert.equal(quoteBytes('\t\x7f"'), JSON.stringify('\t\x7f"'));
  });
});

describe('go-compat', () => {
  it('has the three fields, in Go’s order and escapes', () => {
    assert.equal(
      goCompat(access, 1),
      '{"runtime_param":"r\\u003c\\u0026\\u003e","async_param":"a","remote_address":"127.0.0.1:1234"}',
    );
  });

  it('quotes as encoding/json does, the separators of U+2028 and U+2029 too', () => {
    assert.equal(
      goQuote('\u2028\u2029<>&"\\/\n\tä🦊\x7f'),
      '"\\u2028\\u2029\\u003c\\u003e\\u0026\\"\\\\/\\n\\tä🦊\x7f"',
    );
  });
});

describe('any bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'));

  it('become JSON that parses, in both formats', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (path, host, userAgent, referer) => {
        const record = { ...access, path, host, userAgent, referer };
        const parsed = JSON.parse(click(record, 1));
        assert.deepEqual(Object.keys(parsed), Object.keys(JSON.parse(click(access, 1))));
        assert.equal(Object.keys(JSON.parse(goCompat(record, 1))).length, 3);
      }),
    );
  });

  it('that are UTF-8 stand as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(JSON.parse(quoteBytes(utf8(text))), text);
      }),
    );
  });

  it('are written by goQuote so that they parse back', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => JSON.parse(goQuote(text)) === text));
  });
});
