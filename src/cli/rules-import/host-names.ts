/** Host names as other servers' configurations have them, as rules have them. */
import { type AST, RegExpParser } from '@eslint-community/regexpp';

/** Names that one expression may stand for. */
const MAX_NAMES = 32;

/** A name, or `*.` and one, in lower case. */
export const isHost = (name: string): boolean => /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name);

/** The names that an expression such as `^(www\.)?example\.com$` stands for; undefined where they cannot be listed. */
export function hostsOfRegex(source: string): string[] | undefined {
  const [, inner] = /^\^(.*)\$$/s.exec(source) ?? [];
  if (inner === undefined) return undefined;
  try {
    const names = textsOf(new RegExpParser().parsePattern(inner).alternatives);
    return names?.every(isHost) === true ? names : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textsOf(alternatives: readonly AST.Alternative[]): string[] | undefined {
  const all: string[] = [];
  for (const { elements } of alternatives) {
    let texts = [''];
    for (const element of elements) {
      const next = elementTexts(element);
      if (next === undefined || texts.length * next.length > MAX_NAMES) return undefined;
      texts = texts.flatMap((text) => next.map((more) => text + more));
    }
    all.push(...texts);
  }
  return all;
}

function elementTexts(element: AST.Element): string[] | undefined {
  if (element.type === 'Character') return [String.fromCodePoint(element.value).toLowerCase()];
  if (element.type === 'CharacterSet' && element.kind === 'any') return ['.'];
  if (element.type === 'Group' || element.type === 'CapturingGroup') return textsOf(element.alternatives);
  if (element.type === 'Quantifier' && element.min === 0 && element.max === 1) {
    const once = elementTexts(element.element);
    return once === undefined ? undefined : [...once, ''];
  }
  return undefined;
}
