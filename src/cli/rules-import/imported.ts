/** What is made of another server's redirects: rules, and what is to be said of its lines. */
import type { PathKind } from '../../server/redirect/rule-index.ts';

/** The paths of a rule. */
export interface Paths {
  readonly kind: PathKind;
  readonly path: string;
}

/** What a rule answers with. */
export interface Outcome {
  /** A template; undefined where there is an `action`. */
  readonly target?: string | undefined;
  readonly action?: 'gone' | 'refuse' | undefined;
  /** Undefined: that of the option `status`. */
  readonly status?: number | undefined;
  /** The request's parameters are added. */
  readonly passesQuery?: boolean;
}

/** What a rule asks beside host and path. */
export interface When {
  readonly query?: Readonly<Record<string, string | true>>;
  readonly language?: readonly string[];
  /** Codes of two capitals. */
  readonly country?: readonly string[];
}

/** A rule to be written. */
export interface Draft extends Paths, Outcome {
  /** Of the file that it comes from, from 1. */
  readonly line: number;
  /** Empty: every host. */
  readonly hosts: readonly string[];
  readonly when?: When | undefined;
}

/** Something to say of a line. */
export interface Remark {
  readonly line: number;
  readonly reason: string;
}

/** Why a line cannot be carried over, in a phrase. */
export class NotCarried extends Error {}

/** What an importer finds. Rules stand in the order in which the other server tries them. */
export class Imported {
  readonly rules: Draft[] = [];
  /** Lines that are not carried over. */
  readonly left: Remark[] = [];
  /** Lines that are, and mean something a little different here. */
  readonly differing: Remark[] = [];

  /** Reads a line: all of its rules are carried over, or it is left. */
  attempt(line: number, read: () => void): void {
    const before = this.rules.length;
    try {
      read();
    } catch (error) {
      if (!(error instanceof NotCarried)) throw error;
      this.rules.length = before;
      this.left.push({ line, reason: error.message });
    }
  }

  differ(line: number, reasons: readonly string[]): void {
    for (const reason of reasons) this.differing.push({ line, reason });
  }
}

/** What importers need to know beside the text. */
export interface ImportOptions {
  /** What targets without a host are relative to: scheme and host, without a slash at the end. */
  readonly base: string | undefined;
}

/** Reads one format. */
export type Importer = (text: string, options: ImportOptions) => Imported;
