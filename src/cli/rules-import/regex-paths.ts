/**
 * Regular expressions on paths, as paths, prefixes and patterns of rules. Many are simple: some literal text, captures of
 * whole segments, and a capture of the rest. Alternatives become rules of their own.
 */
import type { AST } from '@eslint-community/regexpp';
import { RegExpParser } from '@eslint-community/regexpp';
import { literalText, pathAsSent } from './addresses.ts';
import { NotCarried, type Paths } from './imported.ts';

/** Rules that one expression may become. */
const MAX_VARIANTS = 64;
/** Characters that a class may stand for one by one: `[Aa]`, `[0-9]`. */
const MAX_MEMBERS = 10;

/** One way in which an expression matches. */
export interface PathVariant extends Paths {
  /** What the groups stand for, by number and name, as text of a template. */
  readonly groups: ReadonlyMap<string, string>;
  /** The whole path, as text of a template. */
  readonly whole: string;
}

export interface TranslatedRegex {
  readonly variants: readonly PathVariant[];
  /** What the rules take that the expression does not, or the other way round. */
  readonly differences: readonly string[];
}

/** A piece of what matches: text, one segment, all that follows (`least` is 1 when it cannot be empty), or an anchor. */
export type Piece = (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'segment' }
  | { readonly kind: 'rest'; readonly least: 0 | 1 }
  | { readonly kind: 'start' | 'end' }
) & { readonly groups: readonly string[] };

/**
 * Translates an expression that is matched against a path from its slash.
 * @throws NotCarried
 */
export function translateRegex(source: string, ignoresCase = false): TranslatedRegex {
  const differences = new Set<string>();
  if (ignoresCase) differences.add('letters are taken as they are written, not in either case');
  try {
    const pattern = new RegExpParser().parsePattern(source);
    const ways = expandAll(pattern.alternatives, [], differences);
    const variants = ways.flatMap((pieces) => assemble(pieces, differences, ways.length > 1));
    // The first way of matching is the one that is taken.
    const byPath = new Map(
      variants.toReversed().map((variant) => [`${variant.kind} ${variant.path}`, variant]),
    );
    return { variants: [...byPath.values()].reverse(), differences: [...differences] };
  } catch (error) {
    if (error instanceof SyntaxError) throw new NotCarried('its regular expression cannot be read');
    throw error;
  }
}

/** One path. */
export const exactPath = (path: string): PathVariant => ({
  kind: 'path',
  path: pathAsSent(path),
  groups: new Map(),
  whole: literalText(path),
});

/** The paths that begin with a text, as prefix locations of nginx take them. */
export function translatePrefix(text: string): TranslatedRegex {
  const differences = new Set<string>();
  const pieces: Piece[] = [
    { kind: 'start', groups: [] },
    { kind: 'text', text, groups: [] },
  ];
  return { variants: assemble(pieces, differences, false), differences: [...differences] };
}

type Ways = Piece[][];

function expandAll(
  alternatives: readonly AST.Alternative[],
  groups: readonly string[],
  differences: Set<string>,
): Ways {
  const ways = alternatives.flatMap(({ elements }) =>
    elements.reduce<Ways>(
      (before, element) => {
        const next = expand(element, groups, differences);
        if (before.length * next.length > MAX_VARIANTS) throw new NotCarried('it stands for too many paths');
        return before.flatMap((pieces) => next.map((more) => [...pieces, ...more]));
      },
      [[]],
    ),
  );
  if (ways.length > MAX_VARIANTS) throw new NotCarried('it stands for too many paths');
  return ways;
}

/** The ways in which one element matches. */
function expand(element: AST.Element, groups: readonly string[], differences: Set<string>): Ways {
  switch (element.type) {
    case 'Character':
      return [[{ kind: 'text', text: String.fromCodePoint(element.value), groups }]];
    case 'Group':
      return expandAll(element.alternatives, groups, differences);
    case 'CapturingGroup': {
      const names = [String(groupNumber(element)), ...(element.name === null ? [] : [element.name])];
      return expandAll(element.alternatives, [...groups, ...names], differences);
    }
    case 'Quantifier':
      return expandQuantifier(element, groups, differences);
    case 'Assertion':
      if (element.kind === 'start' || element.kind === 'end') return [[{ kind: element.kind, groups }]];
      throw new NotCarried('it looks ahead, behind or for word boundaries');
    case 'CharacterSet':
    case 'CharacterClass': {
      if (element.raw === '.') {
        differences.add('a "." without a backslash takes a dot alone');
        return [[{ kind: 'text', text: '.', groups }]];
      }
      const members = membersOf(element.raw);
      if (members.length > MAX_MEMBERS) throw new NotCarried(`${element.raw} takes a part of a segment`);
      return members.map((text) => [{ kind: 'text', text, groups }]);
    }
    default:
      throw new NotCarried('it has a back reference or something else that rules do not have');
  }
}

function groupNumber(group: AST.CapturingGroup): number {
  let top: AST.Node = group;
  while (top.parent !== null) top = top.parent;
  const before = (top as AST.Pattern).raw.slice(0, group.start);
  return (before.replace(/\\.|\[(?:\\.|[^\]\\])*\]/g, '').match(/\((?!\?)|\(\?<(?![=!])/g)?.length ?? 0) + 1;
}

function expandQuantifier(
  { element, min, max, raw }: AST.Quantifier,
  groups: readonly string[],
  differences: Set<string>,
): Ways {
  if (min === 0 && max === 1) return [...expand(element, groups, differences), []];
  if (element.type === 'Character') {
    if (min > 1 || max !== Number.POSITIVE_INFINITY) throw new NotCarried(`it repeats ${element.raw}`);
    differences.add(`${raw} takes ${element.raw} once`);
    const once = expand(element, groups, differences);
    return min === 0 ? [...once, []] : once;
  }
  if (element.type !== 'CharacterSet' && element.type !== 'CharacterClass') {
    throw new NotCarried('it repeats a group');
  }
  if (element.raw === '.' && max === Number.POSITIVE_INFINITY && min <= 1) {
    return [[{ kind: 'rest', least: min === 0 ? 0 : 1, groups }]];
  }
  const members = new Set(membersOf(element.raw));
  if (members.has('/')) {
    differences.add(`${raw} takes whatever follows`);
    return [[{ kind: 'rest', least: min === 0 ? 0 : 1, groups }]];
  }
  const isAnySegment = min <= 1 && max === Number.POSITIVE_INFINITY && isAllButSlash(members);
  if (!isAnySegment) differences.add(`${raw} takes any text up to the next slash`);
  const segment: Piece[] = [{ kind: 'segment', groups }];
  return min === 0 ? [segment, []] : [segment];
}

/** Characters of paths: printable ASCII. */
const CHARACTERS = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index));

function membersOf(raw: string): string[] {
  const one = new RegExp(`^${raw}$`);
  return CHARACTERS.filter((character) => one.test(character));
}

const isAllButSlash = (members: ReadonlySet<string>): boolean =>
  CHARACTERS.every((character) => members.has(character) === (character !== '/') || '?#'.includes(character));

/** Rules for one way of matching: two where what follows some text may be empty, or begin with a slash. */
function assemble(pieces: readonly Piece[], differences: Set<string>, hasOthers: boolean): PathVariant[] {
  const isAnchored = pieces[0]?.kind === 'start';
  const isClosed = pieces.at(-1)?.kind === 'end';
  const inner = pieces.slice(isAnchored ? 1 : 0, isClosed ? -1 : undefined);
  if (inner.some(({ kind }) => kind === 'start' || kind === 'end'))
    throw new NotCarried('it has an anchor in its middle');
  if (!isAnchored && inner.length > 0 && inner[0]!.kind !== 'rest') {
    throw new NotCarried('it does not begin with ^, so that it may match in the middle of a path');
  }
  const all: Piece[] = isClosed ? inner : [...inner, { kind: 'rest', least: 0, groups: [] }];
  const restAt = all.findIndex(({ kind }) => kind === 'rest');
  if (restAt === -1) return [variantOf(all, undefined)];
  const after = all.slice(restAt + 1).filter(({ kind }) => kind !== 'rest');
  if (after.length > 0) {
    if (hasOthers && after.length === 1 && textOf(after[0]!) === '/') return []; // the rest takes that slash, too
    throw new NotCarried('it takes several segments in the middle of a path');
  }
  const before = all.slice(0, restAt);
  const rest = all[restAt] as Extract<Piece, { kind: 'rest' }>;
  const last = before.at(-1);
  if (last === undefined) return [variantOf([...before, rest], '/{rest}')];
  if (last.kind === 'text' && last.text.endsWith('/')) {
    if (rest.least === 1) differences.add('it takes the path with nothing after the last slash, too');
    return [variantOf([...before, rest], '{rest}')];
  }
  if (last.kind === 'text') {
    const stem = before.map((piece) => textOf(piece) ?? ':').join('');
    differences.add(`it takes ${stem} and what is below ${stem}/, not longer names that begin so`);
  }
  const below = variantOf([...before, rest], '/{rest}');
  return rest.least === 1 ? [below] : [variantOf(before, undefined), below];
}

const textOf = (piece: Piece): string | undefined => (piece.kind === 'text' ? piece.text : undefined);

/** @param rest what stands for the rest in a template; undefined: there is none */
function variantOf(pieces: readonly Piece[], rest: string | undefined): PathVariant {
  let path = '';
  let count = 0;
  let whole = '';
  const groups = new Map<string, string>();
  for (const [index, piece] of pieces.entries()) {
    let value = '';
    if (piece.kind === 'text') {
      if (/^[:*]/.test(piece.text) && path.endsWith('/'))
        throw new NotCarried('it has a segment that begins with : or *');
      path += pathAsSent(piece.text);
      value = literalText(piece.text);
    } else if (piece.kind === 'segment') {
      const next = pieces[index + 1];
      const isWhole =
        path.endsWith('/') &&
        (next === undefined || next.kind === 'rest' || textOf(next)?.startsWith('/') === true);
      if (!isWhole) throw new NotCarried('it captures a part of a segment');
      count++;
      path += `:p${count}`;
      value = `{p${count}}`;
    } else {
      value = rest ?? '';
    }
    whole += value;
    for (const group of piece.groups) groups.set(group, (groups.get(group) ?? '') + value);
  }
  if (!path.startsWith('/') && !(path === '' && rest !== undefined)) {
    throw new NotCarried('it does not begin with a slash, as every path does');
  }
  // What "{rest}" follows ends with a slash already; what "/{rest}" follows does not.
  const slash = rest === '/{rest}' ? '/' : '';
  if (rest === undefined) return { kind: count > 0 ? 'pattern' : 'path', path, groups, whole };
  if (count > 0) return { kind: 'pattern', path: `${path}${slash}*rest`, groups, whole };
  return { kind: 'prefix', path: `${path}${slash}`, groups, whole };
}
