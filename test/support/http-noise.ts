/** Requests as they should not be: of what node:http and our own reader are to make the same. */
import fc from 'fast-check';
import { get } from './raw-client.ts';

/** Most of what is made is nearly right: what is wholly wrong ends in the first line of the parser. */
const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12 * wrong.length, arbitrary: right }, ...wrong);

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
/** Any bytes, as latin1. */
export const noise = fc.string({ unit: byte, maxLength: 40 });
const mix = (...texts: string[]) =>
  fc.array(mostly(fc.constantFrom(...texts), noise), { maxLength: 5 }).map((parts) => parts.join(''));

const method = mostly(
  fc.constantFrom(
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PRI',
  ),
  fc.constantFrom('get', 'G\x00T', '', ' GET', 'GE T', 'PROPFIND', 'M-SEARCH'),
  noise,
);
const piece = mix(
  ...[
    '/',
    '/',
    'p/',
    'r?u=',
    '?q=',
    '&',
    '#',
    '%',
    '%zz',
    '%00',
    '%0d%0a',
    '..',
    '\\',
    '@',
    ':',
    'evil.example',
    '%2f',
  ],
);
const oddTarget = fc.constantFrom(
  ...[
    '*',
    'evil.example:443',
    ':80',
    'http:',
    'http://',
    'http:///x',
    'http://a@b:c/',
    '/r?u=https%3A%2F%2Fevil.example',
  ],
);
const requestTarget = fc.oneof(
  { weight: 5, arbitrary: piece.map((text) => `/${text}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('http://', 'HTTPS://', 'ftp://'), piece)
      .map(([scheme, text]) => `${scheme}evil.example${text}`),
  },
  piece,
  oddTarget,
  fc.nat(20_000).map((length) => `/${'a'.repeat(length)}`),
);
const version = mostly(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/1.', ''),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: test.example',
    'Host:',
    'Host: a\r\nHost: b',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, chunked',
    'Expect: 100-continue',
    'Expect: the impossible',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings',
    'Connection: close',
    ' folded',
    ': no name',
    'X\x00: y',
    'X: a\rb',
  ),
  noise.map((text) => `X: ${text}`),
  fc.nat(20_000).map((length) => `X: ${'x'.repeat(length)}`),
);
const headers = fc.oneof(
  { weight: 2, arbitrary: fc.constant<string[]>([]) },
  fc.array(header, { minLength: 1, maxLength: 4 }),
);
const body = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'zz\r\n',
    'ffffffffffffffff\r\n',
    '5;x=y\r\nhel',
    '-1\r\n\r\n',
    'hello',
  ),
  fc.constant(get('/smuggled')),
  noise,
);
/** The text of a request, with a body or without; most are nearly right. */
export const request: fc.Arbitrary<string> = fc
  .tuple(method, requestTarget, version, headers, body)
  .map(([verb, target, http, fields, rest]) =>
    [`${verb} ${target} ${http}`, 'Host: test.example', ...fields, '', rest].join('\r\n'),
  );

/** The text of a request that every reader of HTTP takes, and that is answered with a redirect or an error of ours. */
export const wellFormedRequest: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
    fc.constantFrom(
      '/',
      '/p/a/b',
      '/r?u=https%3A%2F%2Fsafe.example',
      '/%zz?q=\\',
      '/%00',
      'http://evil.example/',
      `/${'a'.repeat(9_000)}`,
    ),
    fc.array(
      fc.constantFrom(
        'X: \xe9',
        'Y:',
        'Referer: http://a/?b',
        'Content-Length: 0',
        'Upgrade-Insecure-Requests: 1',
      ),
    ),
  )
  .map(([verb, target, fields]) =>
    [`${verb} ${target} HTTP/1.1`, 'Host: test.example', ...new Set(fields), '', ''].join('\r\n'),
  );
