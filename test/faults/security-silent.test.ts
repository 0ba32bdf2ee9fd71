import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { serve } from '../support/kafka-server.ts';
import { assertRecordsWait } from '../support/waiting-records.ts';

describe('a broker that takes connections and says nothing', () => {
  it('is a named error, told once; answers go on and records wait', async (t) => {
    let connections = 0;
    const silent = createServer((socket) => {
      connections++;
      socket.on('error', () => {}).resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const brokers = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await using server = await serve({ brokers, topic: 'any', 'request.timeout': '500ms' });
    const lastError = /^No broker answers: connect was not answered within 500 ms\.$/;
    await assertRecordsWait(server, { count: 200, attempts: () => connections, lastError });
  });
});
