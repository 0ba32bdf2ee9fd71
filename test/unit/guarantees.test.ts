import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { proofsIn } from './proofs.ts';

const page = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
const rows = page
  .slice(page.indexOf('## What becomes of a record'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what happens'))
  .map((line) => line.split(' | '));

describe('the page of guarantees', () => {
  it('has rows', () => assert.ok(rows.length > 20, `${rows.length} rows`));
  for (const row of rows) {
    it(`${row[0]!.slice(2)}: what proves it exists`, () => {
      assert.equal(row.length, 6);
      const { named, missing } = proofsIn(row[5]!);
      assert.deepEqual(missing, []);
      if (named === 0) assert.match(row[5]!, /^not tested: /);
    });
  }
});

describe('the page of security', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const threats = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));
  it('has threats', () => assert.ok(threats.length > 10, `${threats.length} threats`));
  for (const threat of threats) {
    it(`${threat.split(' | ')[0]!.slice(2)}: what proves the defence exists`, () => {
      const { named, missing } = proofsIn(threat);
      assert.deepEqual(missing, []);
      assert.ok(named > 0);
    });
  }
});
