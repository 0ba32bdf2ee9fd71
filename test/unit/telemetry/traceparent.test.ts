import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler as SdkSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import {
  formatTraceparent,
  isSampled,
  parseTraceparent,
  randomHex,
  type Sampler,
} from '../../../src/telemetry/traceparent.ts';

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

describe("a request is traced as the SDK's own sampler decides:", () => {
  const parentBased = (root: SdkSampler): SdkSampler => new ParentBasedSampler({ root });
  const cases: [name: string, ours: Sampler, theirs: SdkSampler][] = [
    ['always_on', { parentBased: false, ratio: 1 }, new AlwaysOnSampler()],
    ['always_off', { parentBased: false, ratio: 0 }, new AlwaysOffSampler()],
    ...[0, 0.01, 0.5, 0.999, 1].map((ratio): [string, Sampler, SdkSampler] => [
      `traceidratio ${ratio}`,
      { parentBased: false, ratio },
      new TraceIdRatioBasedSampler(ratio),
    ]),
    ['parentbased_always_on', { parentBased: true, ratio: 1 }, parentBased(new AlwaysOnSampler())],
    ['parentbased_always_off', { parentBased: true, ratio: 0 }, parentBased(new AlwaysOffSampler())],
    [
      'parentbased_traceidratio 0.5',
      { parentBased: true, ratio: 0.5 },
      parentBased(new TraceIdRatioBasedSampler(0.5)),
    ],
  ];
  const edges = [`${'f'.repeat(8)}${'0'.repeat(24)}`, `${'0'.repeat(31)}1`, `7${'f'.repeat(31)}`];
  const traceIds = [...edges, ...Array.from({ length: 500 }, () => randomHex(16))];

  for (const [name, ours, theirs] of cases) {
    it(`${name}, for callers who sample and callers who do not`, () => {
      for (const traceId of traceIds) {
        for (const sampled of [true, false]) {
          const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
          const context = trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: SPAN,
            traceFlags,
            isRemote: true,
          });
          const { decision } = theirs.shouldSample(context, traceId, 'GET', SpanKind.SERVER, {}, []);
          const expected = decision === 2; // RECORD_AND_SAMPLED
          assert.equal(
            isSampled(ours, { traceId, spanId: SPAN, sampled }),
            expected,
            `${traceId} ${sampled}`,
          );
        }
      }
    });
  }

  it('without a caller, a ratio of 1 always, of 0 never, and of a half about every second time', () => {
    const share = (ratio: number): number => {
      const draws = Array.from({ length: 10_000 }, () => isSampled({ parentBased: true, ratio }, undefined));
      return draws.filter(Boolean).length / draws.length;
    };
    assert.equal(share(1), 1);
    assert.equal(share(0), 0);
    assert.ok(Math.abs(share(0.5) - 0.5) < 0.05); // ten standard deviations
  });
});
