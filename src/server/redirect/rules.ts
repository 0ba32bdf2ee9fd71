/**
 * The rules file: exact paths to targets.
 *
 *     rules:
 *       - path: /docs
 *         target: https://example.com/documentation
 *         status: 302        # optional; else the option `status`
 *         name: docs         # optional; what the record's `rule` says, else the path
 */
import { readFileSync } from 'node:fs';
import { isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Config } from '../../config.ts';
import { reasonOf, userError } from '../../errors.ts';
import { type RedirectStatus, redirectStatuses } from '../../http-statuses.ts';
import { httpUrl, oneOf } from '../../option-types.ts';
import { suggestion } from '../../suggestion.ts';

/** One redirect, as it is answered. */
export interface Redirect {
  readonly target: string;
  readonly status: RedirectStatus;
  /** What the record says; undefined for `target`, which needs no rule. */
  readonly rule: string | undefined;
  /** http.route of spans: low in cardinality. */
  readonly route: string;
}

/** All redirects. Plain data: it is handed to each listener thread. */
export interface RedirectTable {
  /** By exact path, without the query. */
  readonly exact: ReadonlyMap<string, Redirect>;
  /** What no rule matches; undefined: 404. */
  readonly fallback: Redirect | undefined;
}

const statusType = oneOf(...redirectStatuses);
const RULE_KEYS = ['path', 'target', 'status', 'name'];

/**
 * Loads the table that `config` describes.
 * @throws RedirectorError RULES_UNREADABLE, RULES_INVALID with the line of the first mistake
 */
export function loadRedirects(config: Config): RedirectTable {
  const fallback =
    config.target === undefined
      ? undefined
      : { target: config.target, status: config.status, rule: undefined, route: '/*' };
  const exact =
    config.rules === undefined ? new Map() : readRules(config.rules, config.status, fallback !== undefined);
  return { exact, fallback };
}

function readRules(path: string, defaultStatus: number, hasFallback: boolean): Map<string, Redirect> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw userError('RULES_UNREADABLE', { path, reason: reasonOf(error) });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const invalid = (reason: string, node?: unknown): Error => {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    const where = offset === undefined ? '' : ` (line ${lines.linePos(offset).line})`;
    return userError('RULES_INVALID', { path, reason: reason + where });
  };
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw invalid(reasonOf(syntaxError).replace(/:$/, ''));

  const root = document.contents;
  if (!isMap(root)) throw invalid('the top level is not a map with the key "rules"', root);
  for (const { key } of root.items) {
    if (String(key) !== 'rules') throw invalid(`"${key}" is not a key of it; only "rules" is`, key);
  }
  const list = root.get('rules', true);
  if (!isSeq(list)) throw invalid('"rules" is not a list', list);
  if (list.items.length === 0 && !hasFallback) throw invalid('it has no rule, and no target is given', list);

  const redirects = new Map<string, Redirect>();
  for (const item of list.items) {
    const redirect = readRule(item, defaultStatus, invalid);
    if (redirects.has(redirect.route)) throw invalid(`path "${redirect.route}" has two rules`, item);
    redirects.set(redirect.route, redirect);
  }
  return redirects;
}

/** @param invalid makes the error of a reason, with the line of a node */
function readRule(
  item: unknown,
  defaultStatus: number,
  invalid: (reason: string, node: unknown) => Error,
): Redirect {
  if (!isMap(item)) throw invalid('a rule is not a map with path and target', item);
  for (const { key } of item.items) {
    if (!RULE_KEYS.includes(String(key))) {
      const meant = suggestion(String(key), RULE_KEYS).replace(/\?$/, '');
      throw invalid(`"${key}" is not a key of a rule.${meant}`, key);
    }
  }
  /** The value of a key, and what makes the error of it. */
  const read = (key: string) => {
    const found = item.get(key);
    const wrong = (reason: string): Error => invalid(reason, item.get(key, true) ?? item);
    return { found, wrong };
  };

  const path = read('path');
  if (path.found === undefined) throw path.wrong('a rule has no path');
  if (typeof path.found !== 'string' || !/^\/[^\s?#]*$/.test(path.found)) {
    throw path.wrong(`path ${JSON.stringify(path.found)} does not begin with / or has a space, ? or #`);
  }
  const sent = path.found.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  if (sent !== path.found) {
    throw path.wrong(`path "${path.found}" must be percent-encoded as browsers send it: "${sent}"`);
  }
  const target = read('target');
  if (target.found === undefined) throw target.wrong(`the rule of "${sent}" has no target`);
  const url = httpUrl.schema.safeParse(target.found);
  if (!url.success) {
    throw target.wrong(`target ${JSON.stringify(target.found)} of "${sent}" is not ${httpUrl.expects}`);
  }
  const status = read('status');
  const code = statusType.schema.safeParse(status.found ?? defaultStatus);
  if (!code.success) {
    throw status.wrong(`status ${JSON.stringify(status.found)} of "${sent}" is not ${statusType.expects}`);
  }
  const name = read('name');
  const rule = name.found ?? sent;
  if (typeof rule !== 'string' || rule === '') throw name.wrong(`name of "${sent}" is not text`);
  return { target: url.data, status: code.data, rule, route: sent };
}

const SLASH = 0x2f;

/** The redirect for a request target as sent, e.g. `/docs?from=mail`; undefined: not found. */
export function findRedirect(table: RedirectTable, requestTarget: string): Redirect | undefined {
  if (table.exact.size === 0) return table.fallback;
  const query = requestTarget.indexOf('?');
  const path = query === -1 ? requestTarget : requestTarget.slice(0, query);
  return table.exact.get(path.charCodeAt(0) === SLASH ? path : pathOfAbsolute(path)) ?? table.fallback;
}

/** The path of a target in absolute form (`http://host/docs`), which every server must take (RFC 9112, 3.2.2). */
const pathOfAbsolute = (target: string): string => target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
