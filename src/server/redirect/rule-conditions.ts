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
  /** The client's, as a trusted proxy tells it: two capitals. */
  readonly country: string | undefined;
}

export type DeviceClass = 'mobile' | 'tablet' | 'desktop' | 'bot';

/** One thing that a rule asks of a request: whether it holds, and words for people who ask why. */
export interface Condition {
  readonly holds: (request: RuleRequest) => boolean;
  /** What is looked at: `query utm_source`. */
  readonly subject: string;
  readonly wanted: string;
  /** What the request has of it. */
  readonly given: (request: RuleRequest) => string;
}

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

/** Of most rules: one for all, as there can be very many. */
const NONE: readonly Condition[] = [];

/** Makes the conditions of a rule but that on the method. */
export function conditionsOf(spec: ConditionsSpec | undefined): readonly Condition[] {
  if (spec === undefined) return NONE;
  const { query = {}, language, device, network, country } = spec;
  const conditions = Object.entries(query).map(([name, wanted]) => queryCondition(name, wanted));
  if (language !== undefined) conditions.push(languageCondition(language));
  if (device !== undefined) conditions.push(deviceCondition(device));
  if (network !== undefined) conditions.push(networkCondition(network));
  if (country !== undefined) conditions.push(countryCondition(country));
  return conditions;
}

function queryCondition(name: string, wanted: string | boolean): Condition {
  return {
    holds: ({ query }) => {
      const value = queryValue(query, name);
      return typeof wanted === 'boolean' ? wanted === (value !== undefined) : value === wanted;
    },
    subject: `query ${name}`,
    wanted: typeof wanted === 'boolean' ? (wanted ? 'there' : 'absent') : JSON.stringify(wanted),
    given: ({ query }) => {
      const value = queryValue(query, name);
      return value === undefined ? 'absent' : JSON.stringify(value);
    },
  };
}

function languageCondition(language: readonly string[]): Condition {
  const tags = language.map((tag) => tag.toLowerCase());
  const wantedBy = ({ headers }: RuleRequest): string[] => wantedLanguages(headers['accept-language'] ?? '');
  return {
    holds: (request) => {
      const wanted = wantedBy(request);
      return tags.some((tag) => wanted.some((range) => speaks(range, tag)));
    },
    subject: 'language',
    wanted: language.join(', '),
    given: (request) => wantedBy(request).join(', ') || 'none',
  };
}

function deviceCondition(device: readonly DeviceClass[]): Condition {
  const given = ({ headers }: RuleRequest): DeviceClass => deviceClass(headers['user-agent'] ?? '');
  return {
    holds: (request) => device.includes(given(request)),
    subject: 'device',
    wanted: device.join(', '),
    given,
  };
}

const countryCondition = (countries: readonly string[]): Condition => ({
  holds: ({ country }) => country !== undefined && countries.includes(country),
  subject: 'country',
  wanted: countries.join(', '),
  given: ({ country }) => country ?? 'not known',
});

function networkCondition(network: readonly string[]): Condition {
  const networks = new Networks(network);
  return {
    holds: ({ address }) => networks.has(address),
    subject: 'address',
    wanted: `in ${network.join(', ')}`,
    given: ({ address }) => address,
  };
}
