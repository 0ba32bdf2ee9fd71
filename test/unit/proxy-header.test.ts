import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseProxyHeader } from '../../src/server/proxy-header.ts';
import { type HeaderV2, headerV2, IPV4_BLOCK } from '../support/proxy-header.ts';

const parse = (text: string) => parseProxyHeader(Buffer.from(text, 'latin1'));

/** 2001:db8::7, port 1234, to 2001:db8::1, port 80. */
const IPV6_BLOCK = Buffer.from(
  `${'20010db8000000000000000000000007'}${'20010db8000000000000000000000001'}04d20050`,
  'hex',
);
const MAPPED_BLOCK = Buffer.from(
  `${'00000000000000000000ffffc6336407'}${'00000000000000000000ffffc0000201'}04d20050`,
  'hex',
);
const ADDITIONS = Buffer.from([0x04, 0, 3, 1, 2, 3, 0xea, 0, 0]);

describe('the client that a header of the PROXY protocol names', () => {
  const longest = `PROXY UNKNOWN ${'f'.repeat(91)}\r\n`;
  const cases: [what: string, header: string, client: string | undefined][] = [
    ['TCP over IPv4', 'PROXY TCP4 198.51.100.7 192.0.2.1 1234 80\r\n', '198.51.100.7:1234'],
    [
      'the largest values',
      'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
      '255.255.255.255:65535',
    ],
    ['TCP over IPv6', 'PROXY TCP6 2001:DB8:0::7 2001:db8::1 1234 80\r\n', '[2001:db8::7]:1234'],
    ['an IPv4-mapped address', 'PROXY TCP6 ::ffff:198.51.100.7 ::1 1234 80\r\n', '198.51.100.7:1234'],
    ['an unknown one', 'PROXY UNKNOWN\r\n', undefined],
    ['an unknown one with addresses', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', undefined],
    ['the longest line', longest, undefined],
    ['version 2: TCP over IPv4', headerV2({ rest: IPV4_BLOCK }), '198.51.100.7:1234'],
    ['version 2: TCP over IPv6', headerV2({ protocol: 0x21, rest: IPV6_BLOCK }), '[2001:db8::7]:1234'],
    [
      'version 2: an IPv4-mapped address',
      headerV2({ protocol: 0x21, rest: MAPPED_BLOCK }),
      '198.51.100.7:1234',
    ],
    [
      'version 2: with additions',
      headerV2({ rest: Buffer.concat([IPV4_BLOCK, ADDITIONS]) }),
      '198.51.100.7:1234',
    ],
    ['version 2: the proxy itself', headerV2({ command: 0x20, protocol: 0 }), undefined],
    ['version 2: the proxy itself, with addresses', headerV2({ command: 0x20, rest: IPV4_BLOCK }), undefined],
    ['version 2: an unknown one', headerV2({ protocol: 0, rest: ADDITIONS }), undefined],
    ['version 2: a datagram', headerV2({ protocol: 0x12, rest: IPV4_BLOCK }), undefined],
    ['version 2: a Unix socket', headerV2({ protocol: 0x31, rest: Buffer.alloc(216, 'x') }), undefined],
    [
      'version 2: as long as we take',
      headerV2({ rest: Buffer.concat([IPV4_BLOCK, Buffer.alloc(4068)]) }),
      '198.51.100.7:1234',
    ],
  ];
  for (const [what, header, client] of cases) {
    it(`${what}, and all behind the header is left`, () => {
      const expected = { kind: 'header', length: header.length, client };
      assert.deepEqual(parse(header), expected);
      assert.deepEqual(parse(`${header}GET / HTTP/1.1\r\n\r\n`), expected);
    });
    it(`${what}, and more bytes are asked for until it is whole`, () => {
      for (let length = 0; length < header.length; length++) {
        assert.deepEqual(parse(header.slice(0, length)), { kind: 'incomplete' }, `${length} bytes`);
      }
    });
  }
});

describe('no header of the PROXY protocol is', () => {
  const v2 = (header: HeaderV2): string => headerV2({ rest: IPV4_BLOCK, ...header });
  const cases: [text: string, reason: RegExp][] = [
    ['GET / HTTP/1.1\r\n', /there is none/],
    ['\x16\x03\x01', /there is none/],
    ['PROXY\tTCP4', /there is none/],
    ['proxy TCP4 198.51.100.7 192.0.2.1 1 2\r\n', /there is none/],
    ['PROXY \r\n', /none of TCP4/],
    ['PROXY TCP5 198.51.100.7 192.0.2.1 1 2\r\n', /none of TCP4/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 1\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 1 2 3\r\n', /its line is not/],
    ['PROXY TCP4  198.51.100.7 192.0.2.1 1 2\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 65536 2\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 01 2\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 -1 2\r\n', /its line is not/],
    ['PROXY TCP4 2001:db8::7 192.0.2.1 1 2\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.07 192.0.2.1 1 2\r\n', /its line is not/],
    ['PROXY TCP6 198.51.100.7 192.0.2.1 1 2\r\n', /its line is not/],
    ['PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n', /its line is not/],
    ['PROXY TCP4 198.51.100.7 192.0.2.1 1 2\nGET / HTTP/1.1\r\n', /its line is not/],
    [`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`, /no end/],
    [v2({ command: 0x11 }), /version is 1/],
    [v2({ command: 0x22 }), /command is 2/],
    [v2({ protocol: 0x41 }), /protocol is 65/],
    [v2({ protocol: 0x13 }), /protocol is 19/],
    [v2({ length: 11 }), /too short/],
    [v2({ protocol: 0x21 }), /too short/],
    [v2({ protocol: 0x31 }), /too short/],
    [v2({ length: 4081 }), /4097 bytes, more than 4096/],
  ];
  for (const [text, reason] of cases) {
    it(`${JSON.stringify(text.slice(0, 60))}: ${reason.source}`, () => {
      const header = parse(text);
      assert.equal(header.kind, 'wrong');
      assert.match(header.kind === 'wrong' ? header.reason : '', reason);
    });
  }

  it('whatever else is sent: it is never read beyond its end, nor waited for beyond its limit', () => {
    const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 1.2.3.4 ', headerV2({}).slice(0, 12));
    const rest = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 300 });
    fc.assert(
      fc.property(start, rest, (first, second) => {
        const text = first + second;
        const header = parse(text);
        if (header.kind === 'header') assert.ok(header.length <= text.length);
        const filled = parse(text + '\0'.repeat(4096));
        assert.notEqual(filled.kind, 'incomplete');
        if (header.kind !== 'incomplete') assert.deepEqual(filled, header);
      }),
      { numRuns: 2000 },
    );
  });
});
