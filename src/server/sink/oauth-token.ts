/** The token of SASL OAUTHBEARER: fetched when a connection needs one, kept for most of its life, never awaited for ever. */
import { reasonOf, userError } from '../../errors.ts';
import { Backoff } from './backoff.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
  /** SASL extensions (RFC 7628, 3.1), as some clouds want them. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/** Gets a new token. It is not trusted: what it gives is checked, and it may ignore `signal`, which aborts when it is late. */
export type TokenSource = (signal: AbortSignal) => Promise<unknown>;

/**
 * The part of a token's life in which it is used without a look for a new one. A session that was begun with it ends with it, and
 * is renewed later than this (kafka-session.ts): always with a new token.
 */
const FRESH_PART = 0.75;
/** How long a token is used that does not say when it ends, in ms. */
const LIFE_UNKNOWN_MS = 60_000;
/** A token that a broker refused is replaced, but not with every attempt to connect. */
const REFUSED_MS = 2000;

interface Kept {
  readonly token: Token;
  /** On performance.now(), as the wall clock can be set. */
  readonly endsAt: number;
  freshUntil: number;
}

export class TokenCache {
  readonly #source: TokenSource;
  readonly #timeoutMs: number;
  readonly #backoff = new Backoff(100, 5000);
  #kept: Kept | undefined;
  /** A fetch under way, shared by all who ask meanwhile. */
  #fetching: Promise<Kept> | undefined;
  /** The last fetch failed so, and another may begin at `until`. */
  #failed: { readonly error: Error; readonly until: number } | undefined;

  constructor(source: TokenSource, timeoutMs: number) {
    this.#source = source;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The token to show to a broker now. While the source fails, one that has not ended yet still serves.
   * @throws RedirectorError TOKEN_UNAVAILABLE, within the time-out; between two tries of the back-off at once
   */
  async get(): Promise<Token> {
    const kept = this.#kept;
    if (kept !== undefined && performance.now() < kept.freshUntil) return kept.token;
    try {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
      return (await this.#fetching).token;
    } catch (error) {
      if (kept !== undefined && performance.now() < kept.endsAt) return kept.token;
      throw error;
    }
  }

  /** A broker did not take the token: a new one is wanted soon, whatever the old one says of its life. */
  refused(): void {
    if (this.#kept === undefined) return;
    this.#kept.freshUntil = Math.min(this.#kept.freshUntil, performance.now() + REFUSED_MS);
  }

  async #fetch(): Promise<Kept> {
    if (this.#failed !== undefined && performance.now() < this.#failed.until) throw this.#failed.error;
    try {
      const token = checked(await this.#inTime());
      const life = lifeOf(token);
      const now = performance.now();
      this.#kept = { token, endsAt: now + life, freshUntil: now + life * FRESH_PART };
      this.#failed = undefined;
      this.#backoff.reset();
      return this.#kept;
    } catch (cause) {
      const error = userError('TOKEN_UNAVAILABLE', { reason: reasonOf(cause) }, { cause });
      this.#failed = { error, until: performance.now() + this.#backoff.next() };
      throw error;
    }
  }

  async #inTime(): Promise<unknown> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const controller = new AbortController();
    const timer = setTimeout(() => {
      reject(new Error(`none came within ${this.#timeoutMs} ms`));
      controller.abort();
    }, this.#timeoutMs);
    try {
      return await Promise.race([this.#source(controller.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function lifeOf({ value, expiresAt }: Token): number {
  const end = expiresAt ?? expiryIn(value);
  if (end === undefined) return LIFE_UNKNOWN_MS;
  const life = end - Date.now();
  if (life <= 0) throw new Error('the one that was given has expired already');
  return life;
}

/** The `exp` of a JWT, in ms; undefined for what is none. */
function expiryIn(value: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: unknown;
    };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error that says what is wrong with it, never what it is */
function checked(given: unknown): Token {
  const { value, expiresAt, extensions = {} } = (given ?? {}) as Record<string, unknown>;
  // A control character would end the token within the SASL message.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new Error('what was given for one has no "value" of printable characters without spaces');
  }
  const end = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
  if (end !== undefined && (typeof end !== 'number' || !Number.isFinite(end))) {
    throw new Error('its "expiresAt" is neither a Date nor milliseconds since 1970');
  }
  if (
    typeof extensions !== 'object' ||
    extensions === null ||
    !Object.entries(extensions).every(isExtension)
  ) {
    throw new Error('its "extensions" are not names of letters with printable values');
  }
  return {
    value,
    ...(end === undefined ? {} : { expiresAt: end }),
    extensions: extensions as Record<string, string>,
  };
}

const isExtension = ([name, value]: [string, unknown]): boolean =>
  /^[a-z]+$/i.test(name) && name !== 'auth' && typeof value === 'string' && /^[\x20-\x7e]+$/.test(value);
