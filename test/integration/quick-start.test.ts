import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { play, type Step, stepsOf, withSeen } from '../../scripts/session.ts';
import { BUSY_MACHINE } from '../support/loadtest.ts';

const page = readFileSync(new URL('../../docs/quick-start.md', import.meta.url), 'utf8');
const recorded = stepsOf(page);

/** What stays the same from one time to the next. */
const shapeOf = ({ seen }: Step): string[] =>
  seen
    .trimEnd()
    .split('\n')
    .filter((line) => !BUSY_MACHINE.test(line))
    .map((line) =>
      line
        .replace(/\S+\/spool\.db/, 'SPOOL')
        .replace(/ \(LIMITED\)$|^(verdict) .*/, '$1') // what else it says decides
        .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/, 'DATE')
        .replace(/"[0-9a-z]{15}-/, '"BOOT-')
        .replace(/curl\/[\d.]+/, 'CURL')
        .replace('npx redirector', 'redirector') // what npm starts says it so
        .replace(/\d[\d,.:TZ-]*/g, '#')
        .replace(/, full in # s$/, '') // only while the click counts for its rate
        .replace(/ +/g, ' '),
    );

describe('docs/quick-start.md', () => {
  let now: Step[];
  before(async () => {
    now = await play(recorded.map(({ command }) => command));
  });

  for (const [index, step] of recorded.entries()) {
    it(`shows what is seen of: ${step.command}`, () => {
      assert.deepEqual(shapeOf(now[index]!), shapeOf(step));
    });
  }

  it('is what docs:session would write', () => {
    assert.equal(withSeen(page, recorded), page);
    assert.ok(recorded.every(({ seen }) => seen.trim() !== ''));
  });
});
