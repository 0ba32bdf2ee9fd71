/** Targets of Apache's RedirectMatch and RewriteRule, as templates. */
import { literalText } from './addresses.ts';
import { NotCarried } from './imported.ts';

/** `$1`, `%{NAME}`, and `%1`, the groups of a condition. */
const REFERENCE = /(\$\d|%\{[A-Z_:]+\}|(?<!\\)%\d(?![0-9A-Fa-f]))/;

/**
 * Fills a substitution in.
 * @param groups what `$1` stands for
 * @param variables what `%{NAME}` stands for, as far as it is known
 * @returns a template
 * @throws NotCarried
 */
export function apacheTarget(
  text: string,
  groups: ReadonlyMap<string, string>,
  variables: ReadonlyMap<string, string>,
): string {
  const parts = text.split(REFERENCE).map((part, index) => {
    if (index % 2 === 0) return literalText(part.replace(/\\(.)/g, '$1'));
    if (part.startsWith('$')) return groups.get(part.slice(1)) ?? '';
    const value = variables.get(part.slice(2, -1));
    if (value === undefined) throw new NotCarried(`what ${part} stands for is not known here`);
    return value;
  });
  return parts.join('');
}
