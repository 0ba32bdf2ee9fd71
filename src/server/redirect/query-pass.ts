/** Query pass-through: parameters of the request that are added to the target. */

import { asSent } from './target-template.ts';

/** `all`, or the names of those that are passed. */
export type QueryPass = 'all' | readonly string[];

const nameOf = (pair: string): string => {
  const end = pair.indexOf('=');
  return end === -1 ? pair : pair.slice(0, end);
};

/**
 * Adds parameters to a target, before its fragment, in the order and with the bytes in which they were sent. A name that the
 * target has itself is not added: the rule's own parameters win.
 * @param query of the request as sent, without its question mark
 */
export function passQuery(target: string, query: string, pass: QueryPass): string {
  if (query === '') return target;
  const hash = target.indexOf('#');
  const base = hash === -1 ? target : target.slice(0, hash);
  const mark = base.indexOf('?');
  const own = new Set(
    mark === -1
      ? []
      : base
          .slice(mark + 1)
          .split('&')
          .map(nameOf),
  );
  const added = query
    .split('&')
    .filter((pair) => !own.has(nameOf(pair)) && (pass === 'all' || pass.includes(nameOf(pair))))
    .join('&');
  if (added === '') return target;
  const joint = mark === -1 ? '?' : base.endsWith('?') || base.endsWith('&') ? '' : '&';
  return base + joint + asSent(added) + (hash === -1 ? '' : target.slice(hash));
}
