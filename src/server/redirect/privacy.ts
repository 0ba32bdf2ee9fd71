/** What is left out of records, or made unrecognisable, before they are written. */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Config } from '../../config.ts';

/** How addresses are recorded. */
export type AddressPrivacy = 'full' | 'truncate' | 'hash' | 'drop';

/** A key for hashes of addresses lives so long: nobody can tell that two days' hashes are of one client. */
const KEY_LIFE_MS = 24 * 3600_000;
const HASH_DIGITS = 16;

/** Makes addresses what the option says. One for each thread; with `hash` all threads must be given the same secret. */
export class AddressMask {
  readonly #kind: AddressPrivacy;
  readonly #secret: Uint8Array;
  #day = -1;
  #key: Uint8Array = new Uint8Array();

  constructor(kind: AddressPrivacy, secret: Uint8Array = randomBytes(32)) {
    this.#kind = kind;
    this.#secret = secret;
  }

  /**
   * @param address `ip:port` or the address alone, IPv6 in brackets
   * @param now wall-clock ms
   * @returns what is recorded; empty: nothing
   */
  apply(address: string, now: number): string {
    if (this.#kind === 'full' || address === '') return address;
    if (this.#kind === 'drop') return '';
    const bare = /^\[(.*)\]/.exec(address)?.[1] ?? address.replace(/:\d+$/, '');
    return this.#kind === 'truncate' ? truncated(bare) : this.#hash(bare, now);
  }

  #hash(address: string, now: number): string {
    const day = Math.floor(now / KEY_LIFE_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#key = createHmac('sha256', this.#secret).update(String(day)).digest();
    }
    return createHmac('sha256', this.#key).update(address).digest('hex').slice(0, HASH_DIGITS);
  }
}

/** Without the last octet of an IPv4 address, or the last 80 bits of an IPv6 address: a /24 or a /48. */
function truncated(address: string): string {
  if (!isIPv6(address)) return address.replace(/\.\d+$/, '.0');
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return `[${groups.slice(0, 3).join(':')}::]`;
}

/** Whether the client asks not to be tracked (W3C Tracking Preference Expression; Global Privacy Control). */
export const asksForPrivacy = (headers: IncomingHttpHeaders): boolean =>
  headers.dnt === '1' || headers['sec-gpc'] === '1';

/** Stands for a value that is not recorded, as OpenTelemetry's conventions for URLs have it. */
export const REDACTED = 'REDACTED';

/** Leaves the values of some query parameters out of what is recorded. */
export class Redaction {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** Whether the value of a parameter is left out, whatever it is. */
  hides(name: string): boolean {
    return this.#names.has(decoded(name));
  }

  /** A URL or a request target without such values. */
  url(text: string): string {
    const mark = text.indexOf('?');
    return mark === -1 ? text : text.slice(0, mark + 1) + this.query(text.slice(mark + 1));
  }

  /** A query without such values. */
  query(text: string): string {
    return text
      .split('&')
      .map((pair) => this.#pair(pair))
      .join('&');
  }

  #pair(pair: string): string {
    const end = pair.indexOf('=');
    if (end === -1) return pair;
    const isLeftOut = this.hides(pair.slice(0, end)) || this.#isWithin(pair.slice(end + 1));
    return isLeftOut ? `${pair.slice(0, end)}=${REDACTED}` : pair;
  }

  /** Whether a value is a URL that has such a parameter itself, as the target that a request names may be. */
  #isWithin(value: string): boolean {
    const [, ...queries] = decoded(value).split('?');
    return queries.some((query) =>
      query.split('&').some((pair) => pair.includes('=') && this.hides(pair.slice(0, pair.indexOf('=')))),
    );
  }
}

/** What `privacy.redactQuery` asks for; undefined: nothing. */
export const redactionOf = ({ 'privacy.redactQuery': names }: Config): Redaction | undefined =>
  names === undefined ? undefined : new Redaction(names);

/** Names and values may be percent-encoded, also by who wants to get past this. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
