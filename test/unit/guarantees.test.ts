import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { faults } from '../faults/catalogue.ts';

const page = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
const rows = page
  .slice(page.indexOf('## What becomes of a record'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what happens'))
  .map((line) => line.split(' | '));

/** Whether there is such a fault, race, or test (`folder/file: the beginning of its title`). */
const exists: Readonly<Record<string, (name: string) => boolean>> = {
  fault: (wanted) => faults.some(({ name }) => name === wanted),
  race: (name) => existsSync(new URL(`../model/races/${name}.md`, import.meta.url)),
  test: (name) => {
    const [file, title] = name.split(/: (.*)/s);
    const path = new URL(`../${file}.test.ts`, import.meta.url);
    return title !== undefined && existsSync(path) && readFileSync(path, 'utf8').includes(title);
  },
};

describe('the page of guarantees', () => {
  it('has rows', () => assert.ok(rows.length > 20, `${rows.length} rows`));
  for (const row of rows) {
    it(`${row[0]!.slice(2)}: what proves it exists`, () => {
      assert.equal(row.length, 6);
      const proofs = [...row[5]!.matchAll(/\b(fault|race|test) `([^`]+)`/g)];
      const missing = proofs.filter(([, kind, name]) => !exists[kind!]!(name!)).map(([proof]) => proof);
      assert.deepEqual(missing, []);
      if (proofs.length === 0) assert.match(row[5]!, /^not tested: /);
    });
  }
});
