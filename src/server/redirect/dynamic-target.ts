/**
 * Targets that the request names (`/r?u=...`): only such as an allow-list has, or a signature proves to be ours. Anything else
 * would make the server an open redirector. The check and the browser must read a target alike, so what could be read in two ways is refused.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { queryValue } from './target-template.ts';

/** Keys for signatures by their ids. Plain data, which crosses threads. */
export type SigningKeys = ReadonlyMap<string, Uint8Array>;

export interface DynamicSpec {
  /** The query parameter with the target, percent-encoded. */
  readonly parameter: string;
  readonly schemes: readonly string[];
  /** Hosts that need no signature, in lower case and A-label form: `name`, `name:port`, `*.name` for what is below it. */
  readonly hosts: readonly string[];
  /** Targets with a signature may lead anywhere. */
  readonly isSigned: boolean;
}

export type DynamicTarget =
  | { readonly kind: 'target'; readonly target: string }
  /** 400: no request of ours looks so. 403: well formed, and not allowed. */
  | { readonly kind: 'refused'; readonly status: 400 | 403; readonly reason: string };

const refused = (status: 400 | 403, reason: string): DynamicTarget => ({ kind: 'refused', status, reason });

/** Beside the target: when it expires (seconds since 1970), the id of the key, and the signature. */
const signatureParameters = { expires: 'e', key: 'k', signature: 's' } as const;

/**
 * Finds and judges the target of a request.
 * @param query as sent, without its question mark
 * @param nowMs wall-clock
 */
export function dynamicTarget(
  spec: DynamicSpec,
  keys: SigningKeys,
  query: string,
  nowMs: number,
): DynamicTarget {
  const names = query.split('&').map((pair) => pair.split('=', 1)[0]);
  const { parameter } = spec;
  const times = names.filter((name) => name === parameter).length;
  if (times !== 1)
    return refused(400, times === 0 ? `no parameter ${parameter}` : `several parameters ${parameter}`);
  const target = decoded(queryValue(query, parameter)!);
  if (target === undefined) return refused(400, `${parameter} is not a percent-encoded URL`);
  const url = strictUrl(target);
  if (url === undefined)
    return refused(400, `${parameter} is not an absolute URL, or one that can be read in two ways`);
  if (!spec.schemes.includes(url.protocol.slice(0, -1)))
    return refused(403, `scheme ${url.protocol.slice(0, -1)}`);
  if (isAllowed(url, spec.hosts)) return { kind: 'target', target };
  if (!spec.isSigned) return refused(403, `host ${url.host}`);
  const wrong = signatureProblem(target, query, keys, nowMs);
  return wrong === undefined ? { kind: 'target', target } : refused(403, wrong);
}

/** Percent-decoded once; `+` stays. Undefined where that is not printable ASCII, of which Locations are made. */
function decoded(value: string): string | undefined {
  let text: string;
  try {
    text = decodeURIComponent(value);
  } catch {
    return undefined;
  }
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}

/** Scheme, host and port, then what follows: no user info, no backslash, no slashes that are missing or too many. */
const STRICT =
  /^(https?):\/\/([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(:\d{1,5})?(?:[/?#][^\\]*)?$/i;

function strictUrl(target: string): URL | undefined {
  const match = STRICT.exec(target);
  const url = match === null ? null : URL.parse(target);
  // Hosts that the parser reads as something else, such as numbers that are IPv4 addresses, are refused, too.
  if (url === null || url.hostname !== match![2]!.toLowerCase()) return undefined;
  return url;
}

function isAllowed(url: URL, hosts: readonly string[]): boolean {
  const { hostname, protocol, port } = url;
  const usual = protocol === 'https:' ? '443' : '80';
  return hosts.some((allowed) => {
    const [, name, allowedPort = usual] = /^(.*?)(?::(\d+))?$/.exec(allowed)!;
    if ((port || usual) !== allowedPort) return false;
    return name!.startsWith('*.') ? hostname.endsWith(name!.slice(1)) : hostname === name;
  });
}

/** What is signed: the target as it will stand in Location, and when it expires (empty: never). */
const signed = (key: Uint8Array, target: string, expires: string): Buffer =>
  createHmac('sha256', key).update(`${target}\n${expires}`).digest();

function signatureProblem(
  target: string,
  query: string,
  keys: SigningKeys,
  nowMs: number,
): string | undefined {
  const { expires: e, key: k, signature: s } = signatureParameters;
  const id = queryValue(query, k);
  const signature = queryValue(query, s);
  if (id === undefined || signature === undefined) return 'not signed';
  const key = keys.get(id);
  if (key === undefined) return 'signed with an unknown key';
  const expires = queryValue(query, e) ?? '';
  const given = Buffer.from(signature, 'base64url');
  const right = signed(key, target, expires);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 'wrong signature';
  if (expires !== '' && nowMs >= Number(expires) * 1000) return 'expired';
  return undefined;
}

/**
 * The query parameters of a signed target, to be put behind the path of a rule.
 * @param expires seconds since 1970; undefined: never
 */
export function signTarget(
  target: string,
  { id, key }: { readonly id: string; readonly key: Uint8Array },
  expires: number | undefined,
  parameter: string,
): string {
  const text = expires === undefined ? '' : String(expires);
  const { expires: e, key: k, signature: s } = signatureParameters;
  const signature = signed(key, target, text).toString('base64url');
  const expiry = text === '' ? '' : `&${e}=${text}`;
  return `${parameter}=${encodeURIComponent(target)}${expiry}&${k}=${id}&${s}=${signature}`;
}
