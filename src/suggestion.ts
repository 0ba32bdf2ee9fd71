/** The nearest right name for a misspelt one: an option, a flag, a command. */
import { closest, distance } from 'fastest-levenshtein';

/** " Did you mean ...?" when a known name is near, else nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 3))
    ? ` Did you mean ${nearest}?`
    : '';
}
