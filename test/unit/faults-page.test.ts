import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { faults } from '../faults/catalogue.ts';
import { faultTable, withTable } from '../faults/table.ts';

const page = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
const names = faults.map(({ name }) => name);

/** The faults in the first column of the tables under a heading. */
function faultsUnder(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
}

describe('docs/faults.md', () => {
  it('says of every fault what it does, in the order of the catalogue', () => {
    assert.deepEqual(faultsUnder('What each fault does'), names);
  });

  it('has the figures of every fault, and of no other', () => {
    assert.deepEqual(faultsUnder('The figures'), names);
  });

  it('has the columns that npm run faults writes', () => {
    assert.ok(page.includes(faultTable(faults, []).split('\n')[0]!));
  });

  it('keeps all but the table when another is written', () => {
    const other = withTable(page, '| another |');
    assert.equal(withTable(other, '| another |'), other);
    assert.match(other, /\| another \|/);
    assert.deepEqual(other.split('<!--')[0], page.split('<!--')[0]);
    assert.throws(() => withTable('no place', '| another |'), /no place for the table/);
  });
});
