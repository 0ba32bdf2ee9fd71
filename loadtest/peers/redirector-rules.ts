/** Redirector with rules of its own making: what finding one among many costs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Peer } from './peer.ts';
import { redirector } from './redirector.ts';

/** Rules of one kind: the rule of each number, and the beginning of the paths that are asked for, which end in its number. */
interface Kind {
  readonly prefix: string;
  rule(number: number): object;
}

const kinds = {
  exact: {
    prefix: '/campaign/',
    rule: (number) => ({ path: `/campaign/${number}`, target: `https://example.com/landing/${number}` }),
  },
  pattern: {
    prefix: '/section/id/',
    rule: (number) => ({ pattern: `/:a/:b/${number}`, target: `https://example.com/{a}/{b}/${number}` }),
  },
} as const satisfies Record<string, Kind>;

export type RuleKind = keyof typeof kinds;

/** A server with that many rules, of which each request asks for another. */
export function redirectorWithRules(name: string, kind: RuleKind, count: number): Peer {
  const { prefix, rule } = kinds[kind];
  let file: string | undefined;
  /** Written once, and removed at the end of this process. */
  const rulesFile = (): string => {
    if (file !== undefined) return file;
    const folder = mkdtempSync(join(tmpdir(), 'redirector-bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'rules.json');
    writeFileSync(
      file,
      JSON.stringify({ rules: Array.from({ length: count }, (_, number) => rule(number)) }),
    );
    return file;
  };
  return { ...redirector(name, { flags: () => ({ rules: rulesFile() }) }), paths: { prefix, count } };
}
