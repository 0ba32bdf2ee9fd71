/** Where the records of a run end up, and how they are counted there. */
import type { RecordTally } from './record-tally.ts';

export type RecordPlaceKind = 'topic' | 'spool' | 'stdout';

export interface RecordPlace {
  readonly kind: RecordPlaceKind;
  /** The topic, the spool's path, or "stdout". */
  readonly name: string;
  /** Before the run: makes a temporary place, or notes where another one ends now. */
  prepare(): Promise<void>;
  /** After the run: counts its records. */
  count(): Promise<RecordTally>;
  /** Removes a temporary place; does nothing to another, or the second time. */
  remove(): Promise<void>;
}
