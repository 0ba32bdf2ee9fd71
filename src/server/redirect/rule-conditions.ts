/** The conditions of rules: what must hold of a request beside its host and path. */
import type { IncomingHttpHeaders } from 'node:http';
import { Networks } from '../../networks.ts';
import type { ConditionsSpec } from './rule-schema.ts';
import { queryValue } from './target-template.ts';

/** What a condition can look at. */
export interface RuleRequest {
  readonly method: string;
  /** As sent, without its question mark; empty where there is none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** The client's, without a port. */
  readonly address: string;
}

export type DeviceClass = 'mobile' | 'tablet' | 'desktop' | 'bot';

export type Condition = (request: RuleRequest) => boolean;

const BOT =
  /bot\b|crawl|spider|slurp|preview|facebookexternalhit|curl\/|wget\/|python-|java\/|go-http-client/i;
const TABLET = /ipad|tablet|kindle|silk\/|playbook|android(?!.*mobile)/i;
const MOBILE = /mobi|iphone|ipod|android|phone|opera mini/i;

/** The device class that a user agent says it is: what is neither of the others counts as a desktop. */
export function deviceClass(userAgent: string): DeviceClass {
  if (BOT.test(userAgent)) return 'bot';
  if (TABLET.test(userAgent)) return 'tablet';
  return MOBILE.test(userAgent) ? 'mobile' : 'desktop';
}

/** The language ranges of an Accept-Language header that the client wants most, in lower case (RFC 9110, 12.5.4). */
export function wantedLanguages(header: string): string[] {
  const ranges = header.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => /^q=/i.test(parameter));
    return { range: range.toLowerCase(), weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
  });
  const most = Math.max(...ranges.map(({ weight }) => weight));
  return most > 0 ? ranges.filter(({ weight }) => weight === most).map(({ range }) => range) : [];
}

const speaks = (wanted: string, tag: string): boolean => wanted === tag || wanted.startsWith(`${tag}-`);

/** Makes the check of all conditions of a rule but that on the method; undefined where there is none. */
export function conditionOf(spec: ConditionsSpec | undefined): Condition | undefined {
  const { query, language, device, network } = spec ?? {};
  const checks: Condition[] = [];
  for (const [name, wanted] of Object.entries(query ?? {})) {
    checks.push((request) => {
      const value = queryValue(request.query, name);
      return typeof wanted === 'boolean' ? wanted === (value !== undefined) : value === wanted;
    });
  }
  if (language !== undefined) {
    const tags = language.map((tag) => tag.toLowerCase());
    checks.push(({ headers }) => {
      const wanted = wantedLanguages(headers['accept-language'] ?? '');
      return tags.some((tag) => wanted.some((range) => speaks(range, tag)));
    });
  }
  if (device !== undefined) {
    checks.push(({ headers }) => device.includes(deviceClass(headers['user-agent'] ?? '')));
  }
  if (network !== undefined) {
    const networks = new Networks(network);
    checks.push(({ address }) => networks.has(address));
  }
  return checks.length === 0 ? undefined : (request) => checks.every((check) => check(request));
}
