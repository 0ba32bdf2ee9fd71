import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every file under a folder, by its path from the root. */
const filesUnder = (folder: string): string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`);

/** The rows of the file map: a path in the first column, what it is in the second. */
const rows = [...readFileSync(`${root}DESIGN.md`, 'utf8').matchAll(/^\| `([^`]+\/[^`]+)` \| (.+) \|$/gm)];

describe("DESIGN.md's file map", () => {
  it('names every file of src, loadtest and bin once, and no other', () => {
    const named = rows.map(([, path]) => path!);
    assert.deepEqual(named.toSorted(), ['src', 'loadtest', 'bin'].flatMap(filesUnder).toSorted());
  });

  it('says of each what it is, in a sentence', () => {
    for (const [, path, meaning] of rows) assert.match(meaning!, /^\S.{10,}\.$/, path!);
  });
});
