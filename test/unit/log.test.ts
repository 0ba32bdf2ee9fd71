import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeLog } from '../../src/server/log.ts';

/** A log whose lines are kept. */
function kept() {
  const lines: { msg: string; error?: string; repeated?: number }[] = [];
  const log = makeLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

describe('the log', () => {
  it('writes an event that repeats once, and counts it in the next line of it', (t) => {
    t.mock.method(performance, 'now', () => time);
    let time = 0;
    const { log, lines } = kept();
    for (let event = 0; event < 5; event++) log('warn', 'away', { error: 'refused' });
    time = 10_000;
    log('warn', 'away', { error: 'refused' });
    assert.deepEqual(
      lines.map(({ msg, error, repeated }) => [msg, error, repeated]),
      [
        ['away', 'refused', undefined],
        ['away', 'refused', 4],
      ],
    );
  });

  it('writes an event again when its error is another', () => {
    const { log, lines } = kept();
    for (let round = 0; round < 3; round++) {
      for (const error of ['refused', 'forbidden']) log('warn', 'away', { error });
    }
    assert.deepEqual(
      lines.map(({ error }) => error),
      ['refused', 'forbidden'],
    );
  });

  it('remembers a limited number of events, however many errors there are', () => {
    const { log, lines } = kept();
    for (let error = 0; error < 1000; error++) log('warn', 'away', { error: String(error) });
    log('warn', 'away', { error: '0' });
    assert.equal(lines.length, 1001, 'the first was forgotten');
  });
});
