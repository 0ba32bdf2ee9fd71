/** The status page: from the stream of readings to what is shown. */
import { follow } from './connection.js';
import { showFigures } from './figures.js';
import { clock, words } from './format.js';
import { byId, setText, showState } from './show.js';

/** @typedef {import('../live-stream.ts').Hello} Hello */
/** @typedef {import('../live-stream.ts').Reading} Reading */
/** @typedef {import('../stats.ts').Stats} Stats */

const MAX_SAMPLES = 300;
const MAX_EVENTS = 100;
/** In the tab only: it is gone when that is closed. */
const TOKEN = 'redirector.token';

/** @type {Hello | undefined} What is shown. */
let shown;
let lastWord = Date.now();

/** @type {Record<string, (data: any) => void>} */
const take = {
  /** @param {Hello} hello */
  hello(hello) {
    shown = hello;
  },
  /** @param {Reading} reading */
  reading({ stats, sample, events }) {
    if (shown === undefined) return;
    const known = shown.events.at(-1)?.number ?? 0;
    shown = {
      stats,
      samples: [...shown.samples, sample].slice(-MAX_SAMPLES),
      events: [...shown.events, ...events.filter(({ number }) => number > known)].slice(-MAX_EVENTS),
    };
  },
};

/** @param {'connecting' | 'live' | 'lost' | 'ended'} link */
function showLink(link) {
  document.body.dataset.link = link;
  const badge = byId('link');
  showState(badge, link === 'live' ? 'live' : link === 'lost' ? 'connection lost' : link);
  badge.dataset.mood = link === 'live' ? 'good' : link === 'connecting' ? 'poor' : 'bad';
}

/**
 * @param {string} sentence
 * @param {'good' | 'poor' | 'bad' | 'none'} mood
 */
function showSentence(sentence, mood) {
  const element = byId('state');
  element.dataset.mood = mood;
  setText(element, sentence);
}

/** @param {Stats} stats @returns {[string, 'good' | 'poor' | 'bad']} */
function sentenceOf({ state, sink, listeners, rules }) {
  if (state === 'draining') {
    return [
      'Draining: the server was told to end. It finishes what is under way, and sends what waits.',
      'poor',
    ];
  }
  if (!listeners.some((listener) => listener.state === 'running'))
    return ['Degraded: no listener runs.', 'bad'];
  if (sink.state === 'connecting' && sink.lastError === null) {
    return [
      'Redirects are answered. There is no connection to Kafka yet; records wait in the queue.',
      'poor',
    ];
  }
  if (state === 'degraded') {
    return [`Degraded: redirects are answered, and records wait. ${sink.lastError ?? ''}`, 'bad'];
  }
  const where = {
    kafka: 'Kafka takes records',
    spool: 'records go to the spool',
    stdout: 'records go to standard output',
  };
  const refused =
    rules.lastError === null ? '' : ' The rules file as it is now is not in force: it has a mistake.';
  return [`Serving: ${where[sink.kind]}.${refused}`, refused === '' ? 'good' : 'poor'];
}

/** @param {string} name @param {any} data */
function onEvent(name, data) {
  lastWord = Date.now();
  if (name === 'end') {
    showLink('ended');
    showSentence('The server has ended, as it was told to. The figures below are its last ones.', 'bad');
    document.title = 'ended · Redirector';
    return;
  }
  take[name]?.(data);
  if (shown === undefined) return;
  byId('sign-in').hidden = true;
  byId('figures').hidden = false;
  showLink('live');
  showSentence(...sentenceOf(shown.stats));
  showFigures(shown);
  document.title = `${words(shown.stats.state)} · Redirector`;
}

/** @param {string} reason */
function onLost(reason) {
  if (document.body.dataset.link === 'ended') return;
  showLink('lost');
  document.title = 'connection lost · Redirector';
  const old = shown === undefined ? '' : ` The figures below are those of ${clock(lastWord)}.`;
  showSentence(`${reason}${old} Trying again every second.`, 'bad');
}

/** @param {boolean} wasWrong */
function onTokenWanted(wasWrong) {
  sessionStorage.removeItem(TOKEN);
  byId('sign-in').hidden = false;
  byId('figures').hidden = true;
  showSentence('The server asks for its token.', 'poor');
  setText(byId('token-error'), wasWrong ? 'That is not the token of this server.' : '');
  byId('token').focus();
}

const start = () => follow(() => sessionStorage.getItem(TOKEN), { onEvent, onTokenWanted, onLost });

document.querySelector('form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const input = /** @type {HTMLInputElement} */ (byId('token'));
  sessionStorage.setItem(TOKEN, input.value);
  input.value = '';
  start();
});

start();
