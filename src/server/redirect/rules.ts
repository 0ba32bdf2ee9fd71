/** The rules in force: what the options and the rules file say. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { laneShortage } from '../../capacity.ts';
import type { Config } from '../../config.ts';
import { reasonOf, userError } from '../../errors.ts';
import type { SigningKeys } from './dynamic-target.ts';
import { checkRules } from './rule-check.ts';
import { compileRules, rulesWithoutFile } from './rule-compiler.ts';
import { lineFinder, type Mistake, readRulesText } from './rule-file.ts';
import type { RuleSet } from './rule-set.ts';
import { readSigningKeys } from './signing-keys.ts';

/** Mistakes that are told of one file; the rest is counted. */
const MAX_TOLD = 20;

export interface LoadedRules {
  readonly set: RuleSet;
  /** What could be better, a sentence each with its line. */
  readonly warnings: readonly string[];
  /** First 12 hex digits of a SHA-256 over the file and the keys; undefined without a file. */
  readonly hash: string | undefined;
}

/** A mistake, or what could be better, and where in the text. */
export interface Finding extends Mistake {
  /** From 1; undefined where it is about no one line. */
  readonly line: number | undefined;
}

/** What a text says: rules and what could be better, or all that is wrong with it. */
export type JudgedRules =
  | { readonly kind: 'rules'; readonly set: RuleSet; readonly warnings: readonly Finding[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly Finding[] };

/**
 * Loads the rules that `config` describes.
 * @throws RedirectorError RULES_UNREADABLE, RULES_INVALID with each mistake and its line, or SIGNING_KEYS_INVALID
 */
export function loadRules(config: Config): LoadedRules {
  const path = config.rules;
  if (path === undefined) return { set: rulesWithoutFile(config), warnings: [], hash: undefined };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw userError('RULES_UNREADABLE', { path, reason: reasonOf(error) });
  }
  const keys = keysOf(config);
  return { ...parseRules(text, config, path, keys), hash: rulesHash(text, keys) };
}

/**
 * The keys that the option `signing.keys` names.
 * @throws RedirectorError SIGNING_KEYS_INVALID
 */
export function keysOf({ 'signing.keys': path }: Config): SigningKeys {
  return path === undefined ? new Map() : readSigningKeys(path);
}

/** First 12 hex digits of a SHA-256 over a file's text and the keys. */
export function rulesHash(text: string, keys: SigningKeys): string {
  const hash = createHash('sha256').update(text);
  for (const [id, key] of keys) hash.update(id).update(key);
  return hash.digest('hex').slice(0, 12);
}

/**
 * The rules of a text.
 * @param path how errors call it
 * @throws RedirectorError RULES_INVALID
 */
export function parseRules(
  text: string,
  config: Config,
  path: string,
  keys: SigningKeys = new Map(),
): Omit<LoadedRules, 'hash'> {
  const judged = judgeRules(text, config, keys);
  if (judged.kind === 'rules') return { set: judged.set, warnings: told(judged.warnings) };
  throw userError('RULES_INVALID', { path, reason: told(judged.mistakes).join('; ') });
}

/** Reads a text and finds what is wrong with it, each with its line. */
export function judgeRules(text: string, config: Config, keys: SigningKeys): JudgedRules {
  const wrong = (mistakes: readonly Mistake[]): JudgedRules => ({
    kind: 'mistakes',
    mistakes: withLines(text, mistakes),
  });
  const read = readRulesText(text);
  if (read.kind === 'mistakes') return wrong(read.mistakes);
  const { set, mistakes } = compileRules(read.file, config, keys);
  if (mistakes.length > 0) return wrong(mistakes);
  const found = checkRules(set);
  if (found.mistakes.length > 0) return wrong(found.mistakes);
  const shortage = laneShortage(config, 1 + set.topics.length);
  if (shortage !== undefined) return wrong([{ place: [], reason: shortage }]);
  return { kind: 'rules', set, warnings: withLines(text, found.warnings) };
}

function withLines(text: string, mistakes: readonly Mistake[]): Finding[] {
  if (mistakes.length === 0) return []; // of a large file it takes long to find lines
  const lineOf = lineFinder(text);
  return mistakes.map((mistake) => ({ ...mistake, line: mistake.at?.line ?? lineOf(mistake.place) }));
}

function told(findings: readonly Finding[]): string[] {
  const sentences = findings.slice(0, MAX_TOLD).map(({ reason, line, at }) => {
    if (line === undefined) return reason;
    return at === undefined ? `${reason} (line ${line})` : `${reason} (line ${line}, column ${at.column})`;
  });
  const more = findings.length - sentences.length;
  return more > 0 ? [...sentences, `and ${more} more`] : sentences;
}
