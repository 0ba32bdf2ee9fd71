import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MalformedResponse, type ResponseHead, ResponseReader } from '../../loadtest/response-reader.ts';

const lines = (...text: string[]): string => text.join('\r\n');

const REDIRECT = lines(
  'HTTP/1.1 301 Moved Permanently',
  'Location: https://example.com/',
  'Content-Length: 0',
  '',
  '',
);
const SIZED = lines('HTTP/1.1 200 OK', 'content-length:  5', '', 'hello');
const CHUNKED = lines(
  'HTTP/1.1 404 Not Found',
  'Transfer-Encoding: chunked',
  '',
  '5;name="va;lue"',
  'hello',
  'A',
  '0123\r\n6789',
  '0',
  'X-Trailer: 1',
  '',
  '',
);
const NO_CONTENT = lines('HTTP/1.1 204 No Content', '', '');
const NOT_MODIFIED = lines('HTTP/1.1 304 Not Modified', 'Content-Length: 1000', '', '');
const EARLY_HINTS = lines('HTTP/1.1 103 Early Hints', 'Link: </a>', '', '');
const ALL = [REDIRECT, SIZED, CHUNKED, NO_CONTENT, NOT_MODIFIED, EARLY_HINTS + REDIRECT];
const STATUSES = [301, 200, 404, 204, 304, 301];

/** The responses read from `pieces`, each pushed in the one buffer that a socket reuses. */
function read(pieces: readonly Buffer[], method: 'GET' | 'HEAD' = 'GET') {
  const responses: ResponseHead[] = [];
  const reader = new ResponseReader((response) => responses.push(response), method);
  const reused = Buffer.alloc(64 * 1024);
  for (const piece of pieces) {
    piece.copy(reused);
    reader.push(reused.subarray(0, piece.length));
    reused.fill('?');
  }
  return { responses, reader };
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')];

describe('responses are found wherever they end', () => {
  test('with Content-Length, chunked, without a body, after an interim response', () => {
    for (const [index, text] of ALL.entries()) {
      const { responses, reader } = read(whole(text));
      assert.deepEqual(responses, [{ status: STATUSES[index], keepAlive: true }], text);
      assert.ok(reader.atBoundary);
    }
  });

  test('byte by byte', () => {
    const bytes = [...Buffer.from(ALL.join(''))].map((byte) => Buffer.from([byte]));
    const { responses, reader } = read(bytes);
    assert.deepEqual(
      responses.map((response) => response.status),
      STATUSES,
    );
    assert.ok(reader.atBoundary);
  });

  test('several in one piece, the last one only begun', () => {
    const { responses, reader } = read(whole(`${ALL.join('')}HTTP/1.1 3`));
    assert.deepEqual(
      responses.map((response) => response.status),
      STATUSES,
    );
    assert.ok(!reader.atBoundary);
  });

  test('in pieces of any size', () => {
    const stream = Buffer.from(ALL.join('').repeat(3));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          pieces.push(stream.subarray(at, at + size));
          at += size;
        }
        const { responses } = read(pieces);
        assert.deepEqual(
          responses.map((response) => response.status),
          [...STATUSES, ...STATUSES, ...STATUSES],
        );
      }),
    );
  });

  test('an answer to HEAD has no body, whatever its length says', () => {
    const { responses, reader } = read(whole(lines('HTTP/1.1 200 OK', 'Content-Length: 5', '', '')), 'HEAD');
    assert.equal(responses.length, 1);
    assert.ok(reader.atBoundary);
  });

  test('a body without a length ends with the connection', () => {
    const { responses, reader } = read(whole(lines('HTTP/1.1 200 OK', '', 'some body')));
    assert.equal(responses.length, 0);
    reader.end();
    assert.deepEqual(responses, [{ status: 200, keepAlive: false }]);
  });

  test('a response without a reason phrase counts, with its space and without', () => {
    for (const line of ['HTTP/1.1 302 ', 'HTTP/1.1 302']) {
      assert.equal(read(whole(lines(line, 'Content-Length: 0', '', ''))).responses[0]?.status, 302);
    }
  });
});

test('whether the connection stays is told by the response', () => {
  const keepAlive = (version: string, ...headers: string[]): boolean | undefined =>
    read(whole(lines(`HTTP/${version} 301 X`, 'Content-Length: 0', ...headers, '', ''))).responses[0]
      ?.keepAlive;
  assert.equal(keepAlive('1.1'), true);
  assert.equal(keepAlive('1.1', 'Connection: close'), false);
  assert.equal(keepAlive('1.1', 'Connection: Upgrade, CLOSE'), false);
  assert.equal(keepAlive('1.1', 'Connection: disclosed'), true);
  assert.equal(keepAlive('1.0'), false);
  assert.equal(keepAlive('1.0', 'Connection: keep-alive'), true);
});

describe('what is not an HTTP/1.1 response is refused', () => {
  const body = (...headers: string[]): string => lines('HTTP/1.1 200 OK', ...headers, '', 'hello');
  const chunks = (...text: string[]): string =>
    lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', ...text, '', '');
  const cases: Record<string, string> = {
    'another protocol': lines('SSH-2.0-OpenSSH', '', ''),
    'another version': lines('HTTP/2 301', '', ''),
    'a status of two digits': lines('HTTP/1.1 30 X', '', ''),
    'a status that is no status': lines('HTTP/1.1 999 X', '', ''),
    'an upgrade that nobody asked for': lines('HTTP/1.1 101 Switching Protocols', '', ''),
    'a header without a colon': body('Content-Length 5'),
    'a header whose name has a space': body('Content-Length : 5'),
    'a folded header': body('X: a', ' b', 'Content-Length: 5'),
    'a line that ends in LF alone': body('X: a\nContent-Length: 5'),
    'a control character in a value': body('X: a\0b', 'Content-Length: 5'),
    'a negative length': body('Content-Length: -5'),
    'a length with a sign': body('Content-Length: +5'),
    'two lengths that differ': body('Content-Length: 5', 'Content-Length: 6'),
    'a length beside chunks': body('Content-Length: 5', 'Transfer-Encoding: chunked'),
    'an encoding other than chunked': body('Transfer-Encoding: gzip, chunked'),
    'a chunk size that is no number': chunks('xyz', 'hello', '0'),
    'a chunk longer than its size': chunks('4', 'hello', '0'),
    'a head without an end': `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(17_000)}`,
    'a chunk line without an end': chunks(`1;${'a'.repeat(2000)}`),
    'a bad trailer': chunks('0', 'no colon'),
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, () => {
      assert.throws(() => read(whole(text)), MalformedResponse);
      assert.throws(() => read([...Buffer.from(text)].map((byte) => Buffer.from([byte]))), MalformedResponse);
    });
  }

  test('a response that is cut in the middle', () => {
    for (const text of ['HTTP/1.1 3', body('Content-Length: 6'), chunks('5', 'hello').slice(0, -2)]) {
      const { reader, responses } = read(whole(text));
      assert.throws(() => reader.end(), MalformedResponse);
      assert.equal(responses.length, 0);
    }
  });

  test('but a connection that ends between responses is fine', () => {
    read(whole(REDIRECT)).reader.end();
  });
});
