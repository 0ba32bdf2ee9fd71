import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Case, type ExpectedAnswer, readCases } from '../support/case-file.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';

/** Every header that an answer may have: what a request brings in from outside is none of them. */
const KNOWN_HEADERS = new Set(
  'allow cache-control connection content-length content-type date keep-alive location transfer-encoding'.split(
    ' ',
  ),
);
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

for (const name of ['targets', 'attacks']) {
  const { rules, cases } = readCases(new URL(`../cases/${name}.md`, import.meta.url));
  describe(`test/cases/${name}.md`, () => {
    let server: RunningServer;
    before(async () => {
      const path = join(temporaryDirectory('cases'), 'rules.json');
      writeFileSync(path, rules);
      server = await startServer({ flags: { rules: path } });
    });
    after(() => server?.stop());
    for (const one of cases) {
      it(`${one.section}: ${one.title}`, () => runCase(server, one));
    }
  });
}

/** Sends the request and another one behind it, which shows that nothing of the first was taken for a request of its own. */
async function runCase(server: RunningServer, { request, answers: expected }: Case): Promise<void> {
  const client = await rawClient(server.url);
  client.send(request);
  await client.answers(expected.length);
  client.send(get('/after', 'Connection: close\r\n'));
  await client.closed();
  const answers = splitAnswers(client.received());
  const isCut = /^connection: close/im.test(answers[expected.length - 1]!);
  assert.equal(answers.length, expected.length + (isCut ? 0 : 1), client.received());
  if (!isCut) assert.match(answers.at(-1)!, /^HTTP\/1\.1 404 /);
  for (const [at, answer] of expected.entries()) checkAnswer(answers[at]!, answer);
}

const splitAnswers = (text: string): string[] => text.split(/(?=^HTTP\/1\.1 \d{3} )/m).filter(Boolean);

function checkAnswer(answer: string, { statusLine, headers }: ExpectedAnswer): void {
  const [first, ...lines] = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n');
  assert.equal(first, statusLine);
  const sent = lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]);
  for (const [name] of sent) assert.ok(KNOWN_HEADERS.has(name.toLowerCase()), answer);
  for (const [name, value] of headers) {
    const all = sent.filter(([other]) => other.toLowerCase() === name.toLowerCase());
    assert.equal(all.length, 1, `${name} in ${answer}`);
    assertText(all[0]![1], value);
  }
  const isRedirect = headers.some(([name]) => name === 'Location');
  assert.equal(/^location:/im.test(answer), isRedirect, answer);
}

function assertText(actual: string, expected: string): void {
  if (!expected.includes('{uuid}')) assert.equal(actual, expected);
  else {
    const parts = expected.split('{uuid}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    assert.match(actual, new RegExp(`^${parts.join(UUID)}$`));
  }
}
