/** Paths, hosts and targets of other servers' files, as rules have them. */
import { isHost } from './host-names.ts';
import { NotCarried } from './imported.ts';

/** Bytes that stand in a path as browsers send it; the others are percent-encoded. */
const NOT_IN_PATHS = /[^\x21\x24-\x3b\x3d\x40-\x5b\x5d\x5f\x61-\x7a\x7e]/gu;

/** A path that may be written with characters that browsers encode, such as spaces and umlauts. */
export const pathAsSent = (path: string): string =>
  path
    .replace(NOT_IN_PATHS, (character) => encodeURIComponent(character))
    .replace(/%(?![0-9a-f]{2})/gi, '%25');

/** Text that stands in a template for itself. */
export const literalText = (text: string): string =>
  text
    .replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
    .replaceAll('{', '%7B')
    .replaceAll('}', '%7D');

/** Where a redirect comes from: a path alone, or a URL with its host. */
export interface Origin {
  readonly host: string | undefined;
  readonly path: string;
  /** Without its question mark; empty where there is none. */
  readonly query: string;
}

/**
 * Takes a path or an http(s) URL apart.
 * @throws NotCarried where it is neither, or its host is none
 */
export function originOf(text: string): Origin {
  const [, host, path = '', query = ''] =
    /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(text) ?? [];
  if (host === undefined && path === '')
    throw new NotCarried(`${JSON.stringify(text)} is neither a path from / nor a URL`);
  const name = host?.toLowerCase().replace(/:\d+$/, '');
  if (name !== undefined && !isHost(name)) throw new NotCarried(`${name} is no host that rules can have`);
  return { host: name, path: pathAsSent(path || '/'), query };
}

/** `a=1&b=2` as the condition of a rule. */
export const queryCondition = (query: string): Record<string, string | true> =>
  Object.fromEntries(
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      }),
  );

/**
 * A target with its host.
 * @throws NotCarried where it has none and none is known, or where a placeholder would be a part of it
 */
export function absolute(target: string, base: string | undefined): string {
  if (/^https?:\/\/[^/?#]*\{/i.test(target)) {
    throw new NotCarried(
      'its target has no slash after the host: what is filled in would become a part of that',
    );
  }
  if (/^https?:\/\//i.test(target)) return target;
  if (target.startsWith('//')) return `https:${target}`;
  if (base === undefined) {
    throw new NotCarried('its target has no host: name the one that is meant with --base https://HOST');
  }
  return target.startsWith('/') ? base + target : `${base}/${target}`;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The status of a redirect.
 * @throws NotCarried of any other
 */
export function redirectStatus(status: number): number {
  if (!REDIRECTS.includes(status)) throw new NotCarried(`it answers with ${status}, which is no redirect`);
  return status;
}

/** The targets of a rule, and the hosts that each is for: one for all, unless the target names the host. */
export function byTarget(
  hosts: readonly string[],
  targetOf: (host: string | undefined) => string,
): [target: string, hosts: string[]][] {
  if (hosts.length === 0) return [[targetOf(undefined), []]];
  return [...Map.groupBy(hosts, targetOf)];
}
