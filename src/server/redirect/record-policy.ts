/** What a record tells of the client, by the options: who it was, what is left out, whether it was a click. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../../config.ts';
import { bareAddress } from '../../hosts.ts';
import { Networks } from '../../networks.ts';
import { clientAddress } from './client-address.ts';
import { AddressMask, asksForPrivacy, type Redaction, redactionOf } from './privacy.ts';
import { RecordFields } from './record-fields.ts';
import { type NoClick, Verdicts } from './verdict.ts';

/** What is asked about: a request, and how it was answered. */
export interface Answered {
  readonly status: number;
  readonly method: string;
  readonly requestTarget: string;
  readonly headers: IncomingHttpHeaders;
  /** The client's, as `clientOf` gives it. */
  readonly client: string;
}

/** What is recorded of it. */
export interface Facts {
  /** `ip:port`, an address alone, or what stands for it; empty: nothing. */
  readonly remoteAddress: string;
  readonly path: string;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  /** Undefined: it was a click. */
  readonly noClick: NoClick | undefined;
  /** Names and values that `record.fields` asks for, as sent; undefined where there are none. */
  readonly fields: readonly (readonly [string, string])[] | undefined;
}

export class RecordPolicy {
  readonly #proxies: Networks | undefined;
  readonly #header: Config['proxy.header'];
  readonly #countryHeader: string | undefined;
  readonly #mask: AddressMask;
  readonly #tracking: Config['privacy.doNotTrack'];
  readonly #redaction: Redaction | undefined;
  readonly #verdicts: Verdicts;
  readonly #fields: RecordFields | undefined;

  /**
   * @param scanners networks from which nobody clicks
   * @param secret for hashes of addresses, the same in all threads
   */
  constructor(config: Config, scanners: readonly string[], secret: Uint8Array) {
    const { 'proxy.trusted': proxies, 'record.fields': fields } = config;
    this.#proxies = proxies === undefined ? undefined : new Networks(proxies);
    this.#header = config['proxy.header'];
    this.#countryHeader = config['proxy.countryHeader']?.toLowerCase();
    this.#mask = new AddressMask(config['privacy.address'], secret);
    this.#tracking = config['privacy.doNotTrack'];
    this.#redaction = redactionOf(config);
    this.#verdicts = new Verdicts(scanners.length === 0 ? undefined : new Networks(scanners));
    this.#fields = fields === undefined ? undefined : new RecordFields(fields, this.#redaction);
  }

  /** Who sends a request that comes from `remoteAddress`: that, or whom a trusted proxy names. */
  clientOf(remoteAddress: string, headers: IncomingHttpHeaders): string {
    if (this.#proxies === undefined) return remoteAddress;
    return clientAddress(remoteAddress, headers, this.#proxies, this.#header);
  }

  /** The client's country, where a trusted proxy tells one: two capitals. */
  countryOf(remoteAddress: string, headers: IncomingHttpHeaders): string | undefined {
    if (this.#countryHeader === undefined || this.#proxies?.has(bareAddress(remoteAddress)) !== true)
      return undefined;
    return headers[this.#countryHeader]?.toString().toUpperCase();
  }

  /**
   * What is recorded of an answered request; undefined: nothing.
   * @param now wall-clock ms
   */
  facts(answered: Answered, now: number): Facts | undefined {
    const { status, method, requestTarget, headers, client } = answered;
    const isPrivate = this.#tracking !== 'ignore' && asksForPrivacy(headers);
    if (isPrivate && this.#tracking === 'drop') return undefined;
    const referer = isPrivate ? undefined : headers.referer;
    const redaction = this.#redaction;
    return {
      remoteAddress: isPrivate ? '' : this.#mask.apply(client, now),
      path: redaction === undefined ? requestTarget : redaction.url(requestTarget),
      userAgent: isPrivate ? undefined : headers['user-agent'],
      referer: redaction === undefined || referer === undefined ? referer : redaction.url(referer),
      noClick: this.#verdicts.noClick(status, method, headers, client),
      fields: this.#fields?.of(requestTarget, headers),
    };
  }
}
