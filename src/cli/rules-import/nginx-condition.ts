/** Conditions of nginx's if, as far as rules have them: a host, a path, a parameter. */
import { originOf } from './addresses.ts';
import { hostsOfRegex } from './host-names.ts';
import { NotCarried, type When } from './imported.ts';
import { exactPath, type TranslatedRegex, translateRegex } from './regex-paths.ts';

/** What a condition narrows. */
export interface Narrowed {
  readonly hosts?: readonly string[];
  readonly paths?: TranslatedRegex;
  readonly when?: When;
}

/**
 * Reads a condition.
 * @param words with the parentheses
 * @param maps variables that hold where to redirect to: that they are set is asked of each path of the map
 * @throws NotCarried
 */
export function readCondition(words: readonly string[], maps: readonly string[]): Narrowed {
  const text = words
    .join(' ')
    .replace(/^\(\s*/, '')
    .replace(/\s*\)$/, '');
  const [, variable = '', operator = '', value = ''] = /^(\$\w+)\s*(!?=|!?~\*?)?\s*(.*)$/.exec(text) ?? [];
  if (maps.includes(variable) && (operator === '' || (operator === '!=' && value === ''))) return {};
  if (variable.startsWith('$arg_') && (operator === '=' || operator === '')) {
    return { when: { query: { [variable.slice('$arg_'.length)]: operator === '' ? true : value } } };
  }
  const isHost = variable === '$host' || variable === '$http_host';
  if (isHost && operator === '=') return { hosts: [value.toLowerCase()] };
  const hosts = isHost && operator.startsWith('~') ? hostsOfRegex(value) : undefined;
  if (hosts !== undefined) return { hosts };
  if (variable === '$uri' || variable === '$request_uri') {
    if (operator === '=') return { paths: { variants: [exactPath(originOf(value).path)], differences: [] } };
    if (operator.startsWith('~')) return { paths: translateRegex(value, operator === '~*') };
  }
  throw new NotCarried(`it asks for ${text}, and rules do not`);
}
