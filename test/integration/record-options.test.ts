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
  - { path: /all, target: https://example.com/ }
`;

describe('the options of records', () => {
  let server: RunningServer;
  let count = 0;
  before(async () => {
    const path = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(path, rules);
    server = await startServer({ flags: { rules: path, 'record.clickId': 'always' } });
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
});
