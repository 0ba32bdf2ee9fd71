/** Targets of nginx's return and rewrite, with their variables, as templates. */
import { absolute, literalText } from './addresses.ts';
import { NotCarried } from './imported.ts';
import type { PathVariant } from './regex-paths.ts';

/** What variables stand for. */
export interface NginxScope {
  /** The host that the request has; undefined: any. */
  readonly host: string | undefined;
  /** First of the server's names. */
  readonly serverName: string | undefined;
  /** Undefined: the server takes both, or it cannot be seen. */
  readonly scheme: 'http' | 'https' | undefined;
  readonly base: string | undefined;
  readonly paths: PathVariant;
}

export interface NginxTarget {
  readonly target: string;
  readonly passesQuery: boolean;
}

const VARIABLE = /\$(?:\{(\w+)\}|([1-9]|[a-z_]\w*))/;
/** The request's parameters at the end of a target. */
const QUERY_AT_END =
  /(?:\$is_args\$(?:args|query_string)|\?\$(?:args|query_string)|\$\{is_args\}\$\{args\})$/;

/**
 * Makes a template.
 * @throws NotCarried
 */
export function nginxTarget(text: string, scope: NginxScope): NginxTarget {
  const withoutQuery = text.replace(QUERY_AT_END, '');
  let passesQuery = withoutQuery !== text;
  let target = '';
  const parts = withoutQuery.split(new RegExp(VARIABLE, 'g'));
  // Text, the name in braces, and the plain name in turn.
  for (let at = 0; at < parts.length; at += 3) {
    target += literalText(parts[at]!);
    const name = parts[at + 1] ?? parts[at + 2];
    if (name === undefined) continue;
    const value = variableValue(name, scope);
    if (value === undefined) throw new NotCarried(`what $${name} stands for is not known here`);
    if (name === 'request_uri') passesQuery = true;
    target += value;
  }
  return { target: absolute(target, scope.base ?? baseOf(scope)), passesQuery };
}

/** Relative targets lead to the same server. */
function baseOf({ scheme, host, serverName }: NginxScope): string | undefined {
  const name = host ?? serverName;
  return scheme === undefined || name === undefined || name.startsWith('*')
    ? undefined
    : `${scheme}://${name}`;
}

function variableValue(name: string, { host, serverName, scheme, paths }: NginxScope): string | undefined {
  const group = paths.groups.get(name);
  if (group !== undefined) return group;
  if (/^[1-9]$/.test(name)) return '';
  if (name.startsWith('arg_')) return `{query.${name.slice('arg_'.length)}}`;
  switch (name) {
    case 'request_uri':
    case 'uri':
    case 'document_uri':
      return paths.whole;
    case 'host':
    case 'http_host':
      return host?.startsWith('*') === true ? undefined : host;
    case 'server_name':
      return serverName;
    case 'scheme':
      return scheme;
    default:
      return undefined;
  }
}
