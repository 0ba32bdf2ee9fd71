/** Keep-alive clients that ask as fast as they are answered, until the server closes. */
import { get, type RawClient, rawClient } from './raw-client.ts';
import { waitFor } from './wait-for.ts';

export interface Load {
  /** Whole answers that have come so far. */
  answered(): number;
  /** Waits until every connection was closed by the server. */
  ended(): Promise<{ answered: number }>;
}

/** Starts `connections` clients, each with one request under way. */
export function startLoad(url: string, connections: number): Load {
  let answered = 0;
  let open = connections;
  const run = async (): Promise<void> => {
    let client: RawClient;
    try {
      client = await rawClient(url);
    } catch {
      open--;
      return;
    }
    const { socket } = client;
    socket.removeAllListeners('data'); // nothing of it is kept
    let rest = '';
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      // Answers of redirects have no body: each ends with the empty line of its head.
      for (let end = rest.indexOf('\r\n\r\n'); end !== -1; end = rest.indexOf('\r\n\r\n')) {
        answered++;
        rest = rest.slice(end + 4);
        socket.write(get('/load'));
      }
    });
    socket.on('close', () => open--);
    socket.write(get('/load'));
  };
  for (let n = 0; n < connections; n++) void run();
  return {
    answered: () => answered,
    async ended() {
      await waitFor('every connection to be closed', () => open === 0);
      return { answered };
    },
  };
}
