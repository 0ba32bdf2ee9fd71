/** A client that takes no answers. */
import { ask } from './http-client.ts';
import { parsePrometheus, sampleValue } from './prometheus.ts';
import { get, type RawClient } from './raw-client.ts';
import type { RunningServer } from './server.ts';
import { standsStill } from './spool.ts';
import { waitFor } from './wait-for.ts';

/** Answers that clients have not taken. */
async function untaken(server: RunningServer): Promise<number> {
  const samples = parsePrometheus((await ask(`${server.adminUrl}/metrics`)).body);
  return sampleValue(samples, 'http_server_active_requests');
}

/**
 * Pipelines requests without reading until the server can write no more, or has cut the connection for it; resolves with how many
 * were sent. The server has one listener. That it is stuck, and does not only wait for a processor, shows by another client's
 * answer: while the listener looked at its connections for that one, it had requests of this one, and answered none.
 */
export async function fillUp(server: RunningServer, client: RawClient): Promise<number> {
  client.socket.pause();
  const answered = async () => (await server.stats()).requests.total;
  const requests = get('/').repeat(1000);
  const [before, others] = [await answered(), await untaken(server)];
  const isStuck = async () => (await untaken(server)) > others;
  const isCut = () => client.socket.closed;
  for (let sent = 20_000, asked = 0; ; sent += 20_000) {
    for (let batch = 0; batch < 20; batch++) client.send(requests);
    await waitFor(
      'all to be answered, or the server to be stuck',
      async () => isCut() || (await answered()) === before + asked + sent || (await isStuck()),
      { timeoutMs: 60_000 },
    );
    if (isCut()) return sent;
    // What it had read before, it has answered, into its own memory if need be.
    const now = await standsStill('the answers', answered);
    await ask(server.url);
    asked++;
    const toSend = client.socket.writableLength;
    if (toSend > 0 && (await answered()) === now + 1 && (await isStuck())) return sent;
  }
}
