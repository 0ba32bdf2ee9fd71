/** Whether an answer was a click of a person, as far as a request shows it. */
import type { IncomingHttpHeaders } from 'node:http';
import { isbot } from 'isbot';
import { bareAddress } from '../../hosts.ts';
import type { Networks } from '../../networks.ts';
import { ownCopy } from './own-copy.ts';

/** Why a request is no click; a closed set. */
export type NoClick = 'refused' | 'no_redirect' | 'not_found' | 'method' | 'prefetch' | 'bot' | 'scanner';

/** What each stands for. */
export const noClickMeaning: Readonly<Record<NoClick, string>> = {
  refused: 'It was refused: by a rule, or since its target is not allowed.',
  no_redirect: 'It was answered with a text or with nothing, as /robots.txt is.',
  not_found: 'No rule matched, or what matched is gone.',
  method: 'A HEAD or OPTIONS request, or a method that is not allowed.',
  prefetch: 'A browser or mail program loaded it ahead (Sec-Purpose, Purpose or X-Moz).',
  bot: 'Its User-Agent is that of a bot, or it has none.',
  scanner: "The client's address is in a network of record.scanners.",
};

/** User agents whose verdict is remembered; they are few, and the list of bots is long. */
const MAX_KNOWN = 10_000;
/** Longer ones are judged each time. */
const MAX_KNOWN_LENGTH = 512;

/** Judges requests. Cheap for user agents that were seen before. */
export class Verdicts {
  readonly #scanners: Networks | undefined;
  readonly #known = new Map<string, boolean>();

  /** @param scanners networks from which nobody clicks */
  constructor(scanners?: Networks) {
    this.#scanners = scanners;
  }

  /**
   * Why an answered request is no click; undefined: it is one.
   * @param client its address, with or without a port
   */
  noClick(status: number, method: string, headers: IncomingHttpHeaders, client: string): NoClick | undefined {
    if (status === 404 || status === 410) return 'not_found';
    if (status === 405 || method === 'HEAD' || method === 'OPTIONS') return 'method';
    if (status >= 400) return 'refused';
    if (status < 300) return 'no_redirect';
    if (isPrefetch(headers)) return 'prefetch';
    if (this.#isBot(headers['user-agent'])) return 'bot';
    if (this.#scanners?.has(bareAddress(client)) === true) return 'scanner';
    return undefined;
  }

  #isBot(userAgent: string | undefined): boolean {
    if (userAgent === undefined || userAgent === '') return true;
    let known = this.#known.get(userAgent);
    if (known === undefined) {
      known = isbot(userAgent);
      if (userAgent.length > MAX_KNOWN_LENGTH) return known;
      if (this.#known.size === MAX_KNOWN) this.#known.clear();
      this.#known.set(ownCopy(userAgent), known);
    }
    return known;
  }
}

/** W3C Speculation Rules' Sec-Purpose, and what came before it. */
function isPrefetch(headers: IncomingHttpHeaders): boolean {
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? headers['x-moz'] ?? headers['x-purpose'];
  return purpose !== undefined && /\b(prefetch|prerender|preview)\b/i.test(String(purpose));
}
