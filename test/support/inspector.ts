/** Reaches into the threads of a server that was started with `NODE_OPTIONS=--inspect`. */
import { waitFor } from './wait-for.ts';

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
}

/** Connects, and calls `heard` with every message of the main thread's inspector. */
async function connect(
  port: number,
  heard: (message: Message) => void,
): Promise<{ send: (message: object) => void; close: () => void }> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`, { headers: { connection: 'close' } });
  const [page] = (await list.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(page!.webSocketDebuggerUrl);
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error('the inspector does not answer'));
  await opened.promise;
  socket.onmessage = ({ data }) => heard(JSON.parse(String(data)) as Message);
  return { send: (message) => socket.send(JSON.stringify(message)), close: () => socket.close() };
}

/**
 * Sends one command to the worker thread of that name.
 * @returns what the thread said until it had answered, or had ended
 */
async function askThread(port: number, name: string, command: object): Promise<Message[]> {
  const workers = new Map<string, string>();
  const said: Message[] = [];
  let ended = false;
  const inspector = await connect(port, ({ method, params }) => {
    if (method === 'NodeWorker.attachedToWorker') {
      const { title } = params!.workerInfo as { title: string };
      workers.set(title.replace(/^\[worker \d+\] ?/, ''), String(params!.sessionId));
    }
    if (method === 'NodeWorker.receivedMessageFromWorker') said.push(JSON.parse(String(params!.message)));
    if (method === 'NodeWorker.detachedFromWorker') ended = true;
  });
  inspector.send({ id: 1, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } });
  const sessionId = await waitFor(`the thread ${name}`, () => workers.get(name));
  const message = JSON.stringify({ id: 1, ...command });
  inspector.send({ id: 2, method: 'NodeWorker.sendMessageToWorker', params: { sessionId, message } });
  await waitFor('an answer of the thread', () => ended || said.some(({ id }) => id === 1));
  inspector.close();
  return said;
}

/** Runs `expression` in the worker thread of that name, without waiting for its value. */
export async function evaluateInThread(port: number, name: string, expression: string): Promise<void> {
  await askThread(port, name, { method: 'Runtime.evaluate', params: { expression } });
}

const scriptsIn = (messages: readonly Message[]): string[] =>
  messages
    .filter(({ method }) => method === 'Debugger.scriptParsed')
    .map(({ params }) => String(params!.url))
    .filter((url) => !url.startsWith('node:'));

const LIST_SCRIPTS = { method: 'Debugger.enable', params: {} };

/** The files that the worker thread of that name has loaded, by whatever kind of import. */
export const scriptsOfThread = async (port: number, name: string): Promise<string[]> =>
  scriptsIn(await askThread(port, name, LIST_SCRIPTS));

/** The files that the main thread has loaded. */
export async function scriptsOfMain(port: number): Promise<string[]> {
  const said: Message[] = [];
  const inspector = await connect(port, (message) => said.push(message));
  inspector.send({ id: 1, ...LIST_SCRIPTS });
  await waitFor('an answer of the main thread', () => said.some(({ id }) => id === 1));
  inspector.close();
  return scriptsIn(said);
}
