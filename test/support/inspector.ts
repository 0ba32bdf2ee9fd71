/** Reaches into the worker threads of a server that was started with `NODE_OPTIONS=--inspect`: for tests of their deaths. */
import { waitFor } from './wait-for.ts';

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
}

/** Runs `expression` in the worker thread of that name, without waiting for its value. */
export async function evaluateInThread(port: number, name: string, expression: string): Promise<void> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`, { headers: { connection: 'close' } });
  const [page] = (await list.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(page!.webSocketDebuggerUrl);
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error('the inspector does not answer'));
  await opened.promise;

  const workers = new Map<string, string>();
  let evaluated = false;
  socket.onmessage = ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message;
    if (method === 'NodeWorker.attachedToWorker') {
      const { title } = params!.workerInfo as { title: string };
      workers.set(title.replace(/^\[worker \d+\] ?/, ''), String(params!.sessionId));
    }
    if (method === 'NodeWorker.receivedMessageFromWorker' || method === 'NodeWorker.detachedFromWorker') {
      evaluated = true;
    }
  };
  socket.send(
    JSON.stringify({ id: 1, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } }),
  );
  const sessionId = await waitFor(`the thread ${name}`, () => workers.get(name));
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
  socket.send(
    JSON.stringify({ id: 2, method: 'NodeWorker.sendMessageToWorker', params: { sessionId, message } }),
  );
  await waitFor('the expression to be evaluated', () => evaluated);
  socket.close();
}
