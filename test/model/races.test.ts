/**
 * Runs the documents in races/: each tells a race in numbered steps, with the whole visible state after each.
 * RACES_REWRITE=1 writes the states into them as they are, for review.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from './checks.ts';
import { perform, setupOf } from './race-steps.ts';
import { visibleState } from './visible-state.ts';
import { World } from './world.ts';

const folder = fileURLToPath(new URL('./races/', import.meta.url));
const rewrite = process.env.RACES_REWRITE === '1';

/** A numbered sentence, and the state below it, where there is one. */
const STEP = /^\d+\. (.+(?:\n +[^`\s].*)*)(?:\n\n +```\n([\s\S]*?)^ +```)?$/gm;

/** A step and the state after it, indented as a part of it. */
const written = (number: number, text: string, state: string): string => {
  const indent = ' '.repeat(`${number}. `.length);
  const block = ['```', ...state.split('\n'), '```'].map((line) => indent + line);
  return `${number}. ${text}\n\n${block.join('\n')}\n\n`;
};

async function runRace(path: string): Promise<void> {
  const page = readFileSync(path, 'utf8');
  const [, setup] = /^Setup: (.+)\.$/m.exec(page) ?? [];
  assert.ok(setup !== undefined, 'it has a line "Setup: ..."');
  const world = await World.start(setupOf(setup));
  let number = 0;
  let rewritten = page.slice(0, page.search(/^1\. /m));
  try {
    for (const [, text, expected = ''] of page.matchAll(STEP)) {
      const sentence = text!.replaceAll(/\s+/g, ' ');
      await perform(world, sentence);
      check(world);
      const state = visibleState(world);
      rewritten += written(++number, text!, state);
      if (!rewrite)
        assert.equal(expected.replaceAll(/^ +/gm, ''), `${state}\n`, `after step ${number}: ${sentence}`);
    }
  } finally {
    await world.close();
  }
  if (rewrite) writeFileSync(path, `${rewritten.trimEnd()}\n`);
}

describe('a race, told step by step:', () => {
  for (const name of readdirSync(folder)) {
    const path = folder + name;
    it(/^# (.+)$/m.exec(readFileSync(path, 'utf8'))![1]!, () => runRace(path));
  }
});
