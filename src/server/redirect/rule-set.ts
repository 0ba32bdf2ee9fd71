/** The rules as they are applied. Plain data, as it crosses threads. */
import type { RedirectStatus } from '../../http-statuses.ts';
import type { DynamicSpec, SigningKeys } from './dynamic-target.ts';
import type { QueryPass } from './query-pass.ts';
import type { PathKind } from './rule-index.ts';
import type { ConditionsSpec } from './rule-schema.ts';
import type { TargetTemplate } from './target-template.ts';

/** A target, and up to which share of the requests it takes: shares rise to 1. */
export interface Choice {
  readonly template: TargetTemplate;
  readonly upTo: number;
}

export type RuleAction =
  | {
      readonly kind: 'redirect';
      readonly choices: readonly Choice[];
      readonly status: RedirectStatus;
      /** Empty: none is sent. */
      readonly cacheControl: string;
      /** Undefined: nothing is passed. */
      readonly pass: QueryPass | undefined;
    }
  | {
      readonly kind: 'dynamic';
      readonly spec: DynamicSpec;
      readonly status: RedirectStatus;
      readonly cacheControl: string;
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'gone' | 'refuse' | 'no_content' };

/** One rule as it is applied. */
export interface Rule {
  /** What the record says; undefined for what needs no rule. */
  readonly name: string | undefined;
  /** http.route of spans: low in cardinality. */
  readonly route: string;
  /** Empty: every host. */
  readonly hosts: readonly string[];
  readonly kind: PathKind;
  readonly path: string;
  readonly methods: readonly string[];
  readonly when: ConditionsSpec | undefined;
  /** Wall-clock ms; it holds from `notBefore` on, until before `expires`. */
  readonly notBefore: number;
  readonly expires: number;
  readonly action: RuleAction;
  /** Of its records; undefined: the one that the options name. */
  readonly topic: string | undefined;
}

/** What becomes of what no rule matches. */
export interface Fallback {
  /** Empty: every host without one of its own. */
  readonly hosts: readonly string[];
  /** Undefined: 404. */
  readonly rule: Rule | undefined;
  readonly isRecorded: boolean;
  /** Of the records of what is 404; those of `rule` have its own. */
  readonly topic: string | undefined;
}

export interface RuleSet {
  /** With which dynamic targets are signed. */
  readonly keys: SigningKeys;
  readonly rules: readonly Rule[];
  readonly fallbacks: readonly Fallback[];
  /** All topics that rules and fallbacks name beside that of the options. */
  readonly topics: readonly string[];
}
