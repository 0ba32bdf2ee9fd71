/**
 * Other servers take the first rule that matches; here the most specific one wins. Finds where that makes a difference: rules
 * that were never reached there, and rules that take more here than there.
 */
import type { Draft, Imported } from './imported.ts';

/** A path in segments: text, or undefined for any one; and whether it goes on below. */
interface Shape {
  readonly segments: readonly (string | undefined)[];
  readonly goesOn: boolean;
  readonly isExact: boolean;
}

function shapeOf({ kind, path }: Draft): Shape {
  const segments = path.slice(1).split('/');
  const isBelow =
    kind === 'prefix' ? segments.at(-1) === '' : kind === 'pattern' && segments.at(-1)!.startsWith('*');
  const own = isBelow ? segments.slice(0, -1) : segments;
  return {
    segments: own.map((segment) => (kind === 'pattern' && segment.startsWith(':') ? undefined : segment)),
    goesOn: kind === 'prefix' || isBelow,
    isExact: kind === 'path',
  };
}

/** How the paths of two rules lie to each other: whether the first takes all of the second's, or some of them. */
function relation(first: Shape, second: Shape): 'all' | 'some' | 'none' {
  const common = Math.min(first.segments.length, second.segments.length);
  let takesAll = true;
  for (let at = 0; at < common; at++) {
    const [a, b] = [first.segments[at], second.segments[at]];
    if (a !== undefined && b !== undefined && a !== b) return 'none';
    if (a !== undefined && b === undefined) takesAll = false;
  }
  if (first.segments.length < second.segments.length && !first.goesOn) return 'none';
  if (second.segments.length < first.segments.length && !second.goesOn) return 'none';
  const isLonger = first.segments.length > second.segments.length;
  return takesAll && !isLonger && (first.goesOn || !second.goesOn) ? 'all' : 'some';
}

/** Whether the second wins over the first here, where both take a path. */
function isMoreSpecific(second: Shape, first: Shape): boolean {
  if (second.isExact !== first.isExact) return second.isExact;
  for (const [at, segment] of second.segments.entries()) {
    if (at >= first.segments.length) return true;
    const other = first.segments[at];
    if ((segment === undefined) !== (other === undefined)) return other === undefined;
  }
  return false;
}

/** Whether the first takes paths of the second, though the second is the more specific one. */
export function takesFrom(first: Draft, second: Draft): boolean {
  const [a, b] = [shapeOf(first), shapeOf(second)];
  return relation(a, b) !== 'none' && (isMoreSpecific(b, a) || relation(a, b) === 'all');
}

/** Whether every host of the second is one of the first's. */
const hasHostsOf = (first: Draft, second: Draft): boolean =>
  first.hosts.length === 0 ||
  (second.hosts.length > 0 && second.hosts.every((host) => first.hosts.includes(host)));

const isConditional = ({ when = {} }: Draft): boolean => Object.keys(when).length > 0;

/** Drafts that come first, as later ones are compared with them: those for one path are looked up. */
class Earlier {
  readonly #wide: { readonly draft: Draft; readonly shape: Shape }[] = [];
  readonly #exact = new Map<string, Draft[]>();

  add(draft: Draft, shape: Shape): void {
    if (!shape.isExact) this.#wide.push({ draft, shape });
    else if (isConditional(draft)) return;
    else this.#exact.set(draft.path, [...(this.#exact.get(draft.path) ?? []), draft]);
  }

  /** The one that takes all of a draft's paths. */
  covering(draft: Draft, shape: Shape): Draft | undefined {
    const same = shape.isExact ? (this.#exact.get(draft.path) ?? []) : [];
    return (
      same.find((first) => hasHostsOf(first, draft)) ??
      this.#wide.find(
        ({ draft: first, shape: of }) =>
          !isConditional(first) && hasHostsOf(first, draft) && relation(of, shape) === 'all',
      )?.draft
    );
  }

  /** Those that take some of a draft's paths, though here it wins. */
  losing(draft: Draft, shape: Shape): Draft[] {
    return this.#wide
      .filter(
        ({ draft: first, shape: of }) =>
          hasHostsOf(first, draft) && relation(of, shape) !== 'none' && isMoreSpecific(shape, of),
      )
      .map(({ draft: first }) => first);
  }
}

/** The rules that are reached, in their order. What is said of the others, and of those that take more here, is added. */
export function inOrder(imported: Imported): Draft[] {
  const kept: Draft[] = [];
  const earlier = new Earlier();
  const tell = (draft: Draft, first: Draft, reason: string): void => {
    if (first.line !== draft.line) imported.differ(draft.line, [reason]);
  };
  for (const draft of imported.rules) {
    const shape = shapeOf(draft);
    const { path } = draft;
    // Each host has its own rules before it; a rule for every host has only others for every host.
    const perHost =
      draft.hosts.length === 0 ? [draft] : draft.hosts.map((host) => ({ ...draft, hosts: [host] }));
    const covering = perHost.map((one) => earlier.covering(one, shape));
    const reached = perHost.filter((_, index) => covering[index] === undefined);
    if (reached.length === 0) {
      const { line } = covering[0]!;
      tell(draft, covering[0]!, `it is never reached, as line ${line} takes all of ${path}: left out`);
      continue;
    }
    const rule = { ...draft, hosts: reached.flatMap(({ hosts }) => hosts) };
    for (const first of earlier.losing(rule, shape)) {
      tell(
        draft,
        first,
        `${path} comes before line ${first.line}, ${first.path}, as it is the more specific one`,
      );
    }
    kept.push(rule);
    earlier.add(rule, shape);
  }
  return kept;
}
