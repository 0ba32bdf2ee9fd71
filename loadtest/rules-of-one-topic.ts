/** Rules whose records all go to the topic of the run: a load test writes into no other, and counts in that one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Cleanup } from './cleanup.ts';

/** A rules file, as far as it concerns topics. */
type Rules = Partial<Record<'rules' | 'fallbacks', { topic?: string }[]>>;

/**
 * A copy of the rules at `path` that names no topics, or `path` itself where they name none. What is wrong with the file is the
 * server's to tell.
 */
export function rulesOfOneTopic(path: string, cleanup: Cleanup): string {
  let rules: Rules;
  let named: { topic?: string }[];
  try {
    rules = parse(readFileSync(path, 'utf8')) as Rules;
    named = [...(rules.rules ?? []), ...(rules.fallbacks ?? [])].filter(({ topic }) => topic !== undefined);
  } catch {
    return path;
  }
  if (named.length === 0) return path;
  for (const rule of named) delete rule.topic;
  const folder = mkdtempSync(join(tmpdir(), 'redirector-loadtest-'));
  cleanup.add(`remove ${folder}`, () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, 'rules.json');
  writeFileSync(copy, JSON.stringify(rules));
  return copy;
}
