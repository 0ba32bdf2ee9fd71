/** Compares lines of a server's log with the table of events. */
import assert from 'node:assert/strict';
import { type LogEventSpec, lineFields, logEvents, logFields } from '../../src/telemetry/log-names.ts';
import type { LoggedLine } from './log-lines.ts';

const ALWAYS = ['level', 'time', 'event', 'msg'];

/** Asserts that each line has an event of the table, and its level and fields: none more, none less, of their types. */
export function assertInTable(lines: readonly LoggedLine[]): void {
  for (const line of lines) {
    const told = JSON.stringify(line);
    const spec: LogEventSpec | undefined = logEvents[line.event];
    assert.ok(spec, `no such event: ${told}`);
    assert.equal(line.level, spec.level, told);
    const names = Object.keys(line);
    for (const name of [...ALWAYS, ...spec.fields])
      assert.ok(names.includes(name), `${name} is missing: ${told}`);
    const allowed: readonly string[] = [...Object.keys(lineFields), ...spec.fields, 'thread.name'];
    assert.deepEqual(
      names.filter((name) => !allowed.includes(name)),
      [],
      told,
    );
    assert.ok(line.trace_id === undefined || /[1-9a-f]/.test(String(line.trace_id)), told);
    for (const name of spec.fields) {
      const type = logFields[name].type === 'text' ? 'string' : 'number';
      assert.equal(typeof line[name], type, `${name}: ${told}`);
    }
  }
}
