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

/** Pipelines requests without reading until the server can write no more; resolves with how many were sent. */
export async function fillUp(server: RunningServer, client: RawClient): Promise<number> {
  client.socket.pause();
  const answered = async () => (await server.stats()).requests.total;
  const requests = get('/').repeat(1000);
  const [before, others] = [await answered(), await untaken(server)];
  for (let sent = 20_000; ; sent += 20_000) {
    for (let batch = 0; batch < 20; batch++) client.send(requests);
    const isStuck = async () => (await untaken(server)) > others;
    await waitFor(
      'all to be answered, or the server to be stuck',
      async () => (await answered()) === before + sent || (await isStuck()),
      { timeoutMs: 60_000 },
    );
    const now = await standsStill('the answers', answered);
    // What it had read before, it has answered, into its own memory if need be.
    if (now < before + sent && (await isStuck())) return sent;
  }
}
