import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogue, exitCode, RedirectorError, reasonOf, userError } from '../../src/errors.ts';

describe('the error catalogue', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    it(`${code} is a sentence, says what to do, and has one of the exit codes`, () => {
      assert.match(entry.message, /^(\{\w+\}|[A-Z{].*\.)$/);
      assert.match(entry.hint, /^[A-Z].*\.$/);
      assert.ok((Object.values(exitCode) as number[]).includes(entry.exit));
      assert.notEqual(entry.exit, exitCode.ok);
    });
  }

  it('fills the details into message and hint', () => {
    const error = userError('PORT_IN_USE', {
      what: 'The admin API',
      address: '127.0.0.1:8081',
      flag: '--admin-port',
    });
    assert.equal(error.message, 'The admin API cannot listen on 127.0.0.1:8081: the port is in use.');
    assert.equal(error.hint, 'Stop the program that has it, or choose another with --admin-port.');
    assert.equal(error.exit, exitCode.usage);
    assert.equal(error.code, 'PORT_IN_USE');
    assert.ok(error instanceof RedirectorError);
  });

  it('does not fill details into details', () => {
    const error = userError('RULES_UNREADABLE', { path: '{reason}', reason: '{path} $& $1' });
    assert.equal(error.message, 'The rules file "{reason}" cannot be read: {path} $& $1.');
  });

  it('keeps the cause', () => {
    const cause = new Error('inner');
    assert.equal(userError('BUG', { reason: 'outer' }, { cause }).cause, cause);
  });
});

describe('the reason in a thrown value', () => {
  for (const [thrown, reason] of [
    [new Error('It failed.'), 'It failed'],
    [new Error('first\nsecond'), 'first'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [new Error(''), ''],
    [new Error("ENOENT: no such file or directory, open '/a, b'"), 'no such file or directory'],
    [new Error('EISDIR: illegal operation on a directory, read'), 'illegal operation on a directory'],
    [new Error('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1'],
  ] as const) {
    it(`of ${String(thrown).split('\n')[0]} is "${reason}"`, () => assert.equal(reasonOf(thrown), reason));
  }
});
