import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatTraceparent, parseTraceparent, randomHex } from '../../../src/telemetry/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  const valid: [why: string, header: string, sampled: boolean][] = [
    ['sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    [
      'with flags that this version does not know, of which only the lowest counts',
      `00-${TRACE}-${SPAN}-ff`,
      true,
    ],
    ['with unknown flags and not sampled', `00-${TRACE}-${SPAN}-fe`, false],
    ['of a later version', `01-${TRACE}-${SPAN}-01`, true],
    ['of a later version that says more', `cc-${TRACE}-${SPAN}-01-what-the-future-will-be`, true],
  ];
  for (const [why, header, sampled] of valid) {
    it(`is read: ${why}`, () => {
      assert.deepEqual(parseTraceparent(header), { traceId: TRACE, spanId: SPAN, sampled });
    });
  }

  const invalid: [why: string, header: string | undefined][] = [
    ['absent', undefined],
    ['empty', ''],
    ['with no fields', 'rubbish'],
    ['of version ff, which is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['of version 00 with more than four fields', `00-${TRACE}-${SPAN}-01-extra`],
    ['of version 00 with a dash at its end', `00-${TRACE}-${SPAN}-01-`],
    ['of a later version with more and no dash before it', `01-${TRACE}-${SPAN}-01.extra`],
    ['with a version of one digit', `0-${TRACE}-${SPAN}-01`],
    ['with a version that is no hex', `0x-${TRACE}-${SPAN}-01`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['with a trace id too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['with a trace id too long', `00-${TRACE}0-${SPAN}-01`],
    ['with a trace id in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['with a trace id that is no hex', `00-${TRACE.replace('4', 'g')}-${SPAN}-01`],
    ['with a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['with a span id too short', `00-${TRACE}-${SPAN.slice(1)}-01`],
    ['with a span id in capitals', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ['without flags', `00-${TRACE}-${SPAN}`],
    ['with flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['with flags that are no hex', `00-${TRACE}-${SPAN}-0g`],
    ['with a space before it', ` 00-${TRACE}-${SPAN}-01`],
    ['with a space after it', `00-${TRACE}-${SPAN}-01 `],
    ['with a line break after it', `00-${TRACE}-${SPAN}-01\n`],
    ['twice in one header', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['with other separators', `00_${TRACE}_${SPAN}_01`],
  ];
  for (const [why, header] of invalid) {
    it(`counts as absent: ${why}`, () => assert.equal(parseTraceparent(header), undefined));
  }

  it('that was written is read back', () => {
    for (const sampled of [true, false]) {
      const context = { traceId: randomHex(16), spanId: randomHex(8), sampled };
      assert.deepEqual(parseTraceparent(formatTraceparent(context)), context);
    }
  });
});

it('ids are hex digits of the asked length, and differ', () => {
  const ids = Array.from({ length: 1000 }, () => randomHex(16));
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.match(randomHex(8), /^[0-9a-f]{16}$/);
});
