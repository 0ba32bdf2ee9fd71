import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../loadtest/bench/main.ts', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

describe('npm run bench', () => {
  it('names its benches and flags with --help', () => {
    const { status, stdout } = bench('--help');
    assert.equal(status, 0);
    for (const word of ['servers', 'telemetry', 'quick', 'tail', 'report FILE', '--peers', '--rps', '--json'])
      assert.ok(stdout.includes(word), word);
  });

  const refused: [args: string[], sentence: RegExp][] = [
    [['nonsense'], /Given: "nonsense", Choices: "servers", "quick", "check"/],
    [['--rounds', '0'], /--rounds must be a whole number from 1/],
    [['--rps', '1.5'], /--rps must be a whole number from 1/],
    [['telemetry', '--peers', 'go'], /there is no go; there are redirector-off, .*stock-100/],
    [['--peers', ','], /--peers names none; there are redirector, go/],
    [['--brokers', 'kafka.example.com:9092'], /is not a loopback address/],
    [['quick', '--update'], /--update goes with the bench check alone/],
    [['report'], /Not enough non-option arguments/],
    [['report', 'none.json'], /none\.json: ENOENT/],
    [['--shape', 'round'], /Unknown argument: shape/],
  ];
  for (const [args, sentence] of refused) {
    it(`refuses ${args.join(' ')}, with a sentence and no stack`, () => {
      const { status, stdout, stderr } = bench(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, sentence);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }
});
