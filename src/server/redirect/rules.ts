/** The rules in force: what the options and the rules file say. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../../config.ts';
import { reasonOf, userError } from '../../errors.ts';
import type { SigningKeys } from './dynamic-target.ts';
import { checkRules } from './rule-check.ts';
import { lineFinder, type Mistake, readRulesText } from './rule-file.ts';
import { compileRules, type RuleSet, rulesWithoutFile } from './rule-set.ts';
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
  const keysPath = config['signing.keys'];
  const keys: SigningKeys = keysPath === undefined ? new Map() : readSigningKeys(keysPath);
  const hash = createHash('sha256').update(text);
  for (const [id, key] of keys) hash.update(id).update(key);
  return { ...parseRules(text, config, path, keys), hash: hash.digest('hex').slice(0, 12) };
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
  const read = readRulesText(text);
  if (read.kind === 'mistakes') throw invalid(text, path, read.mistakes);
  const { set, mistakes } = compileRules(read.file, config, keys);
  if (mistakes.length > 0) throw invalid(text, path, mistakes);
  const found = checkRules(set);
  if (found.mistakes.length > 0) throw invalid(text, path, found.mistakes);
  return { set, warnings: found.warnings.length === 0 ? [] : toldWithLines(text, found.warnings) };
}

const invalid = (text: string, path: string, mistakes: readonly Mistake[]): Error =>
  userError('RULES_INVALID', { path, reason: toldWithLines(text, mistakes).join('; ') });

function toldWithLines(text: string, findings: readonly Mistake[]): string[] {
  const lineOf = lineFinder(text);
  const told = findings.slice(0, MAX_TOLD).map(({ place, reason }) => {
    const line = lineOf(place);
    return line === undefined ? reason : `${reason} (line ${line})`;
  });
  const more = findings.length - told.length;
  return more > 0 ? [...told, `and ${more} more`] : told;
}
