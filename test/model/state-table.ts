/** Who may change a slab's state, and how: DESIGN.md's table as code. */
import { kind, owner, type SlabKind } from '../../src/server/queue/slab-layout.ts';

const names = Object.fromEntries(Object.entries(kind).map(([name, number]) => [number, name])) as Record<
  SlabKind,
  keyof typeof kind
>;

export const kindName = (state: number): keyof typeof kind => names[(state & 0xff) as SlabKind];

/** A change of a state word, as DESIGN.md writes it. */
export const changeName = (from: number, to: number): string => `${kindName(from)} → ${kindName(to)}`;

export interface Change {
  /** Owner number of the thread that makes the change. */
  readonly by: number;
  readonly onWire: boolean;
  /** Whether no thread lives that has this owner number. */
  readonly isGone: (owner: number) => boolean;
}

interface Step extends Change {
  /** Owners before and after. */
  readonly from: number;
  readonly to: number;
}

const isListener = (number: number): boolean => number >= owner.LISTENER;
/** Its owner, or the supervisor when that is no more. */
const ownsIt = ({ by, from, isGone }: Step): boolean =>
  by === from || (by === owner.SUPERVISOR && isGone(from));

/** The changes that there are, and when each is allowed. */
export const stateTable: Readonly<Record<string, (step: Step) => boolean>> = {
  'FREE → FILLING': ({ by, to }) => to === by && (isListener(by) || by === owner.SPOOLER),
  'FILLING → SEALED': ownsIt,
  'FILLING → FREE': ownsIt,
  'SEALED → SENDING': ({ by, to, isGone }) =>
    to === by &&
    (by === owner.SHIPPER ||
      by === owner.SPOOLER ||
      (by === owner.SUPERVISOR && isGone(owner.SHIPPER) && isGone(owner.SPOOLER))),
  'SEALED → FILLING': ({ by, to }) => to === by && isListener(by),
  'SENDING → SENDING': ({ by, from, to }) => by === from && by === owner.SHIPPER && to === owner.SPOOLER,
  'SENDING → SEALED': ({ by, from, onWire }) => by === from && !onWire,
  'SENDING → SETTLING': (step) => ownsIt(step) && (step.to === step.from || step.to === owner.SPOOLER),
  'SETTLING → FREE': ownsIt,
};

export const mayChange = (from: number, to: number, change: Change): boolean =>
  stateTable[changeName(from, to)]?.({ ...change, from: from >> 8, to: to >> 8 }) ?? false;
