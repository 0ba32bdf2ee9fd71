import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryDirectory } from '../support/guarded.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { recordsOf } from '../support/spool.ts';

const rules = `rules:
  - { path: /id, target: 'https://example.com/?click={click_id}' }
  - { path: /all, target: https://example.com/, query: all }
  - { path: /to, target: 'https://example.com/{query.email}?own={query.email}#{query.x}' }
  - { path: /r, dynamic: { hosts: shop.example } }
`;

describe('the options of records', () => {
  let server: RunningServer;
  let count = 0;
  before(async () => {
    const path = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(path, rules);
    const fields = 'query:utm_*,mail=query:email,from=header:referer';
    server = await startServer({
      flags: {
        rules: path,
        'record.clickId': 'always',
        'record.fields': fields,
        'privacy.redactQuery': 'email,utm_id',
      },
    });
  });
  after(() => server?.stop());

  /** The records of requests that are sent one after the other. */
  async function recordsAfter(...requests: string[]): Promise<Record<string, unknown>[]> {
    const client = await rawClient(server.url);
    client.send(requests.join(''));
    await client.answers(requests.length);
    client.socket.destroy();
    count += requests.length;
    return (await recordsOf(server, count)).slice(-requests.length) as Record<string, unknown>[];
  }

  test('record.clickId always: every record has an id of its own, the one in the target where there is one', async () => {
    const records = await recordsAfter(get('/id'), get('/all'), get('/none'));
    const ids = records.map(({ click_id }) => String(click_id));
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.equal(new Set(ids).size, 3);
    assert.equal(records[0]!.location, `https://example.com/?click=${ids[0]}`);
  });

  test('record.fields: campaign parameters as they came, the first of each name', async () => {
    const path = '/none?utm_source=News%20letter&x=1&utm_term=a+b&utm_source=2&utm_&utm_"\\=;&xutm_x=1';
    const [record] = await recordsAfter(get(path));
    const fields = { utm_source: 'News%20letter', utm_term: 'a+b', utm_: '', 'utm_"\\': ';' };
    assert.deepEqual(record!.fields, fields);
  });

  test('privacy.redactQuery: what it names stands nowhere in a record, and is redirected all the same', async () => {
    const secret = 'ann%40example.com';
    const nested = encodeURIComponent(`https://shop.example/?email=${secret}`);
    const paths = [`/all?email=${secret}&utm_id=${secret}`, `/to?x=1&email=${secret}`, `/r?u=${nested}`];
    const client = await rawClient(server.url);
    const referer = `Referer: https://from.example/?a=1&email=${secret}\r\n`;
    client.send(paths.map((path) => get(path, referer)).join(''));
    for (const answer of await client.answers(3)) assert.match(answer, /\r\nLocation: .*ann%40example\.com/);
    client.socket.destroy();
    count += 3;
    const records = (await recordsOf(server, count)).slice(-3);
    assert.doesNotMatch(JSON.stringify(records), /ann/);
    assert.deepEqual(
      records.map(({ location }) => location),
      [
        'https://example.com/?email=REDACTED&utm_id=REDACTED',
        'https://example.com/REDACTED?own=REDACTED#1',
        'https://shop.example/?email=REDACTED',
      ],
    );
    assert.equal(records[0]!.referer, 'https://from.example/?a=1&email=REDACTED');
    assert.deepEqual(records[0]!.fields, {
      utm_id: 'REDACTED',
      mail: 'REDACTED',
      from: 'https://from.example/?a=1&email=REDACTED',
    });
  });
});
