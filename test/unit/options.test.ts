import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command, CommandEntry } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { flagsOf } from '../../src/cli/option-flags.ts';
import type { OptionType } from '../../src/option-type.ts';
import { envOf, flagOf, groupTitles, optionKeys, optionOf } from '../../src/options.ts';

/** What every option has, be it of the table, of a command, or an argument. */
interface Unit {
  readonly type: OptionType<unknown>;
  readonly help: string;
  readonly since: string;
  readonly accepts: readonly string[];
  readonly refuses: readonly string[];
  readonly default?: unknown;
}

async function leaves(entries: readonly CommandEntry[], parent = ''): Promise<[string, Command][]> {
  const all: [string, Command][] = [];
  for (const entry of entries) {
    const loaded = await entry.load();
    const name = `${parent}${entry.name}`;
    if (loaded.kind === 'command') all.push([name, loaded]);
    else all.push(...(await leaves(loaded.commands, `${name} `)));
  }
  return all;
}

const allCommands = await leaves(commands);
const units: [string, Unit][] = [
  ...optionKeys.map((key): [string, Unit] => [key, optionOf(key)]),
  ...allCommands.flatMap(([name, command]) =>
    Object.entries({ ...command.own, ...command.args }).map(([key, unit]): [string, Unit] => [
      `${name} ${key}`,
      unit,
    ]),
  ),
];
const anyTextIsFine = (unit: Unit) => unit.type.name === 'text' && unit.type.parse('') !== undefined;

describe('every option', () => {
  for (const [name, unit] of units) {
    it(`${name} accepts and refuses its examples`, () => {
      assert.ok(unit.accepts.length > 0, 'it has no example that is accepted');
      assert.ok(unit.refuses.length > 0 || anyTextIsFine(unit), 'it has no example that is refused');
      for (const example of unit.accepts) {
        const value = unit.type.parse(example);
        assert.notEqual(value, undefined, `it refuses ${JSON.stringify(example)}`);
        const shown = unit.type.show(value);
        assert.deepEqual(unit.type.parse(shown), value, `it shows ${example} as ${shown}`);
      }
      for (const example of unit.refuses) {
        assert.equal(unit.type.parse(example), undefined, `it accepts ${JSON.stringify(example)}`);
      }
    });

    it(`${name} has a help sentence, a version, and a default that can be typed`, () => {
      assert.match(unit.help, /^[A-Z].*[.)]$/);
      assert.match(unit.since, /^\d+\.\d+\.\d+$/);
      if (unit.default !== undefined) {
        assert.deepEqual(unit.type.parse(unit.type.show(unit.default)), unit.default);
      }
    });
  }

  it('has a flag and an environment variable of its own', () => {
    assert.equal(new Set(optionKeys.map(flagOf)).size, optionKeys.length);
    assert.equal(new Set(optionKeys.map(envOf)).size, optionKeys.length);
    assert.equal(flagOf('queue.maxBytes'), 'queue-max-bytes');
    assert.equal(envOf('queue.maxBytes'), 'REDIRECTOR_QUEUE_MAX_BYTES');
  });

  it('is not named as a group, as a command names both in what it takes', () => {
    assert.deepEqual(
      optionKeys.filter((key) => key in groupTitles),
      [],
    );
  });

  it('is a secret when its name says so', () => {
    const named = optionKeys.filter((key) => /(password|token|secret)$/i.test(key));
    assert.ok(named.length > 0);
    for (const key of named) assert.equal(optionOf(key).secret, true, key);
  });
});

describe('every command', () => {
  for (const [name, command] of allCommands) {
    it(`${name} has no two flags of one name, and an example of itself`, () => {
      const flags = flagsOf(command).map((flag) => flag.name);
      assert.deepEqual(
        flags.filter((flag, index) => flags.indexOf(flag) !== index),
        [],
      );
      assert.ok(command.examples.length > 0);
      for (const [line] of command.examples) assert.ok(line.startsWith(`redirector ${name}`), line);
    });
  }
});

describe('a quantity', () => {
  const { type } = optionOf('queue.maxBytes');
  const bytes = (raw: unknown) => type.parse(raw);
  it('takes decimal and binary units, a space, and fractions', () => {
    assert.equal(bytes('1.5MiB'), 1.5 * 2 ** 20);
    assert.equal(bytes('2 MB'), 2_000_000);
    assert.equal(bytes('1GiB'), 2 ** 30);
  });
  it('without a unit is refused, also as a number in a file', () => {
    for (const raw of [64, '64', '1e9B', '-1MiB', 'MiB', '', null, true, ['1MiB', '2MiB']]) {
      assert.equal(bytes(raw), undefined, JSON.stringify(raw));
    }
  });
  it('is shown in its shortest exact form', () => {
    assert.equal(type.show(65536), '64KiB');
    assert.equal(type.show(65537), '65537B');
    assert.equal(optionOf('delivery.timeout').type.show(90_000), '90s');
  });
});
