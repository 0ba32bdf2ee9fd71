/** Clients that hold connections with requests that never end: a byte of a header now and then. */
import { connect, type Socket } from 'node:net';

export interface Slowloris {
  /** Connections that were cut so far, and taken up again. */
  readonly cut: number;
  /** Ends them. */
  stop(): void;
}

/** How often each sends one more byte. */
const BYTE_EVERY_MS = 250;

/** Keeps `count` such clients going; one that is cut connects again at once. */
export function startSlowloris(port: number, count: number): Slowloris {
  const sockets = new Set<Socket>();
  let cut = 0;
  let isOver = false;
  const begin = (): void => {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.add(socket);
    socket.write('GET / HTTP/1.1\r\nHost: slow.example\r\nX-Slow: ');
    const timer = setInterval(() => socket.write('a'), BYTE_EVERY_MS);
    socket.resume().on('error', () => {});
    socket.once('close', () => {
      clearInterval(timer);
      sockets.delete(socket);
      if (isOver) return;
      cut++;
      begin();
    });
  };
  for (let client = 0; client < count; client++) begin();
  return {
    get cut() {
      return cut;
    },
    stop() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
