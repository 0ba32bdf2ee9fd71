import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { type LogEventSpec, lineFields, logEvents, logFields } from '../../../src/telemetry/log-names.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const source = globSync('src/**/*.ts', { cwd: root, exclude: ['src/telemetry/log-names.ts'] })
  .map((file) => readFileSync(root + file, 'utf8'))
  .join('\n');
const events = Object.entries<LogEventSpec>(logEvents);

describe('the table of events', () => {
  it('has no event that the code does not log; the compiler proves that it logs no other', () => {
    const unlogged = events.map(([event]) => event).filter((event) => !source.includes(`'${event}'`));
    assert.deepEqual(unlogged, []);
  });

  it('has no field that no event has', () => {
    const used = new Set(events.flatMap(([, { fields }]) => fields as readonly string[]));
    assert.deepEqual([...used].sort(), Object.keys(logFields).sort());
  });

  it('has sentences that are made of fields of their event', () => {
    for (const [event, { message, fields }] of events) {
      for (const [, name] of message.matchAll(/\{([\w.]+)\}/g))
        assert.ok((fields as readonly string[]).includes(name!), `${event}: ${name}`);
    }
  });

  it('names events by what they are about, and no field as a part of every line is named', () => {
    for (const [event] of events) assert.match(event, /^redirector\.[a-z]+\.[a-z_]+$/);
    assert.deepEqual(
      Object.keys(logFields).filter((name) => name in lineFields),
      [],
    );
  });

  it('has fields of its own and of the semantic conventions, as those spell them', () => {
    const known = new Set<unknown>(Object.values(conventions));
    const others = Object.keys(logFields).filter((name) => !name.startsWith('redirector.'));
    assert.ok(others.length > 5);
    assert.deepEqual(
      others.filter((name) => !known.has(name)),
      [],
    );
  });
});
