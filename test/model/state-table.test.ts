import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { stateTable } from './state-table.ts';

it("the model's table of state changes is DESIGN.md's", () => {
  const page = readFileSync(new URL('../../DESIGN.md', import.meta.url), 'utf8');
  const changes = [...page.matchAll(/^\| ([A-Z]+ → [A-Z]+) \|/gm)].map(([, change]) => change!);
  assert.deepEqual(Object.keys(stateTable).sort(), changes.sort());
});
