/** A client that takes no answers. */
import { get, type RawClient } from './raw-client.ts';
import type { RunningServer } from './server.ts';
import { standsStill } from './spool.ts';

/** Pipelines requests without reading until the server can write no more; resolves with how many were sent. */
export async function fillUp(server: RunningServer, client: RawClient): Promise<number> {
  client.socket.pause();
  const requests = get('/').repeat(1000);
  let sent = 0;
  for (;;) {
    const before = (await server.stats()).requests.total;
    for (let batch = 0; batch < 20; batch++) client.send(requests);
    sent += 20_000;
    const answered = await standsStill('the answers', async () => (await server.stats()).requests.total);
    if (answered < sent || answered === before) return sent;
  }
}
