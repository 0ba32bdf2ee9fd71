import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { play, type Step, stepsOf, withSeen } from '../../scripts/session.ts';

const page = readFileSync(new URL('../../docs/quick-start.md', import.meta.url), 'utf8');
const recorded = stepsOf(page);

/** What stays the same from one time to the next; of a load test the names of what it tells, as figures decide the rest. */
function shapeOf({ command, seen }: Step): string[] {
  const lines = seen.trimEnd().split('\n');
  if (command.includes('loadtest')) {
    return lines.filter((line) => !line.startsWith('- ')).map((line) => line.split(/ {2,}/)[0]!);
  }
  return lines.map((line) =>
    line
      .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/, 'DATE')
      .replace(/"[0-9a-z]{15}-/, '"BOOT-')
      .replace(/curl\/[\d.]+/, 'CURL')
      .replace(/\d[\d,.:TZ-]*/g, '#')
      .replace(/ +/g, ' '),
  );
}

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

  it('is what docs:session would write, and ends in a verdict', () => {
    assert.equal(withSeen(page, recorded), page);
    assert.match(recorded.at(-1)!.seen, /^verdict +pass$/m);
  });
});
