import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';

type Field = Readonly<Record<string, unknown>> & { readonly enum?: readonly string[] };
interface RecordSchema {
  readonly $id: string;
  readonly $defs: Readonly<
    Record<string, { readonly required: string[]; readonly properties: Readonly<Record<string, Field>> }>
  >;
}

const cases = new URL('../cases/records/', import.meta.url);
const read = (url: URL): string => readFileSync(url, 'utf8');
const schemaAt = (url: URL): RecordSchema => JSON.parse(read(url));
const today = schemaAt(new URL('../../docs/record.schema.json', import.meta.url));
const versions = globSync('*.schema.json', { cwd: cases })
  .map((name) => name.replace('.schema.json', ''))
  .sort();
const versionOf = ({ $id }: RecordSchema): string => $id.replace('urn:redirector:record:', '');

/** A field without what only explains it. */
const meaning = ({ description: _, enum: values, ...rest }: Field): object => rest;

/** What a consumer written for `older` could trip over in records of `newer`. */
function breaks(older: RecordSchema, newer: RecordSchema): string[] {
  return Object.entries(older.$defs).flatMap(([format, { required, properties }]) => {
    const now = newer.$defs[format];
    if (now === undefined) return [`${format} is gone`];
    const optional = required
      .filter((name) => !now.required.includes(name))
      .map((name) => `${name} may be absent`);
    const fields = Object.entries(properties).flatMap(([name, field]) => {
      const other = now.properties[name];
      if (other === undefined) return [`${name} is gone`];
      const same = JSON.stringify(meaning(field)) === JSON.stringify(meaning(other));
      const lost = field.enum?.filter((value) => !other.enum?.includes(value)) ?? [];
      return same && lost.length === 0 ? [] : [`${name} has changed`];
    });
    return [...optional, ...fields].map((what) => `${format}: ${what}`);
  });
}

describe('the schema of records', () => {
  it('has a version, and that a copy in test/cases/records', () => {
    assert.match(versionOf(today), /^\d+\.\d+$/);
    assert.ok(
      versions.includes(versionOf(today)),
      `copy docs/record.schema.json to ${versionOf(today)}.schema.json`,
    );
  });

  for (const version of versions) {
    const older = schemaAt(new URL(`${version}.schema.json`, cases));

    it(`has only additions to version ${version}, and another version where it has any`, () => {
      assert.equal(versionOf(older), version);
      assert.deepEqual(breaks(older, today), []);
      if (versionOf(today) === version)
        assert.deepEqual(breaks(today, older), [], 'raise the version in $id');
    });

    it(`takes the records of version ${version}`, () => {
      const whole = z.fromJSONSchema(today as never);
      const lines = read(new URL(`${version}.jsonl`, cases))
        .trim()
        .split('\n');
      for (const line of lines) assert.deepEqual(whole.parse(JSON.parse(line)), JSON.parse(line));
    });
  }
});

it('a change that breaks consumers is found', () => {
  const changed = (
    change: (click: { required: string[]; properties: Record<string, Field> }) => void,
  ): string[] => {
    const copy = structuredClone(today);
    change(copy.$defs.click as never);
    return breaks(today, copy);
  };
  assert.deepEqual(
    changed((click) => delete click.properties.path),
    ['click: path is gone'],
  );
  assert.deepEqual(
    changed((click) => click.required.splice(click.required.indexOf('click'), 1)),
    ['click: click may be absent'],
  );
  assert.deepEqual(
    changed((click) => Object.assign(click.properties.status!, { type: 'string' })),
    ['click: status has changed'],
  );
  assert.deepEqual(
    changed((click) => Object.assign(click.properties, { added: { type: 'string' } })),
    [],
  );
});
