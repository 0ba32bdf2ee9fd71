/** The stream of readings: read with fetch, since an EventSource can send no token, and taken up again when it breaks. */

/** The server sends something every second: after so long without a word the connection is as good as gone. */
const SILENCE_MS = 4000;
const RETRY_MS = 1000;

/**
 * @typedef {object} Handlers
 * @property {(name: string, data: any) => void} onEvent
 * @property {(wasWrong: boolean) => void} onTokenWanted the server asks for a token; `wasWrong`: another one
 * @property {(reason: string) => void} onLost there is no connection; another try follows
 */

/**
 * Reads the stream until the page is left.
 * @param {() => string | null} token
 * @param {Handlers} handlers
 */
export async function follow(token, { onEvent, onTokenWanted, onLost }) {
  for (;;) {
    const used = token();
    const reason = await readOnce(used, onEvent);
    if (reason === 'token') return onTokenWanted(used !== null);
    onLost(reason);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * @param {string | null} token
 * @param {Handlers['onEvent']} onEvent
 * @returns {Promise<string>} why it has ended
 */
async function readOnce(token, onEvent) {
  const abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stillThere = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), SILENCE_MS);
  };
  stillThere();
  try {
    const response = await fetch('/api/v1/stream', {
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      signal: abort.signal,
      cache: 'no-store',
    });
    if (response.status === 401) return 'token';
    if (!response.ok || response.body === null) return (await response.text()).trim();
    let text = '';
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'The server has closed the connection.';
      stillThere();
      text += decoder.decode(value, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) takeEvent(part, onEvent);
    }
  } catch {
    return abort.signal.aborted ? 'The server does not answer.' : 'The server cannot be reached.';
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/**
 * @param {string} part
 * @param {Handlers['onEvent']} onEvent
 */
function takeEvent(part, onEvent) {
  const name = /^event: (.*)$/m.exec(part)?.[1];
  const data = /^data: (.*)$/m.exec(part)?.[1];
  // Not within the reading of the stream: a mistake in showing it is not a lost connection.
  if (name !== undefined && data !== undefined) queueMicrotask(() => onEvent(name, JSON.parse(data)));
}
