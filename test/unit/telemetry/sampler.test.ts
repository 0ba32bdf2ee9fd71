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
import { drawFor, type Sampler, Sampling, SPANS_PER_TRACE } from '../../../src/telemetry/sampler.ts';
import { randomHex } from '../../../src/telemetry/traceparent.ts';

const SPAN = '00f067aa0ba902b7';
type Choice = Pick<Sampler, 'parentBased' | 'ratio'>;

describe("a request is traced as the SDK's own sampler decides:", () => {
  const parentBased = (root: SdkSampler): SdkSampler => new ParentBasedSampler({ root });
  const cases: [name: string, ours: Choice, theirs: SdkSampler][] = [
    ['always_on', { parentBased: false, ratio: 1 }, new AlwaysOnSampler()],
    ['always_off', { parentBased: false, ratio: 0 }, new AlwaysOffSampler()],
    ...[0, 0.01, 0.5, 0.999, 1].map((ratio): [string, Choice, SdkSampler] => [
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
          const draw = drawFor({ ...ours, errorRatio: ours.ratio }, { traceId, spanId: SPAN, sampled });
          assert.equal(draw < ours.ratio, expected, `${traceId} ${sampled}`);
        }
      }
    });
  }
});

const NO_LIMIT = 1_000_000;
const sampling = (sampler: Sampler | undefined, spansPerSecond = NO_LIMIT) => {
  let limited = 0;
  const it = new Sampling(sampler, spansPerSecond, () => {
    limited++;
  });
  return Object.assign(it, { limited: () => limited });
};
const caller = (sampled: boolean) => ({ traceId: randomHex(16), spanId: SPAN, sampled });

describe('a request without a caller', () => {
  const share = (sampler: Sampler, isError: boolean): number => {
    const choice = sampling(sampler);
    const taken = Array.from({ length: 10_000 }, () => choice.takes(choice.draw(undefined), isError, 0));
    return taken.filter(Boolean).length / taken.length;
  };
  it('is traced with a ratio of 1 always, of 0 never, and of a half about every second time', () => {
    assert.equal(share({ parentBased: true, ratio: 1, errorRatio: 0 }, false), 1);
    assert.equal(share({ parentBased: true, ratio: 0, errorRatio: 1 }, false), 0);
    const half = share({ parentBased: true, ratio: 0.5, errorRatio: 0 }, false);
    assert.ok(Math.abs(half - 0.5) < 0.05); // ten standard deviations
  });
  it('that ends in an error is traced by the ratio for errors', () => {
    assert.equal(share({ parentBased: true, ratio: 0, errorRatio: 1 }, true), 1);
    assert.equal(share({ parentBased: true, ratio: 1, errorRatio: 0 }, true), 0);
  });
  it('whose record is dropped is traced by the ratio for errors in all, drawn once', () => {
    const choice = sampling({ parentBased: true, ratio: 0.3, errorRatio: 0.5 });
    let before = 0;
    let after = 0;
    for (let request = 0; request < 10_000; request++) {
      const draw = choice.draw(undefined);
      if (choice.takes(draw, false, 0)) before++;
      else if (choice.takesDropped(draw, false, 0)) after++;
    }
    assert.ok(Math.abs(before / 10_000 - 0.3) < 0.05);
    assert.ok(Math.abs((before + after) / 10_000 - 0.5) < 0.05);
  });
  it('is not traced twice over: an error that was drawn already is not drawn again as a drop', () => {
    const choice = sampling({ parentBased: true, ratio: 0, errorRatio: 1 });
    const draw = choice.draw(undefined);
    assert.equal(choice.takes(draw, true, 0), true);
    assert.equal(choice.takesDropped(draw, true, 0), false);
  });
});

describe('a caller who has decided', () => {
  const sampler = { parentBased: true, ratio: 0.5, errorRatio: 1 };
  it('is followed, for errors and drops too', () => {
    const choice = sampling(sampler);
    const yes = choice.draw(caller(true));
    const no = choice.draw(caller(false));
    for (const isError of [false, true]) {
      assert.equal(choice.takes(yes, isError, 0), true);
      assert.equal(choice.takes(no, isError, 0), false);
      assert.equal(choice.takesDropped(no, isError, 0), false);
      assert.equal(choice.isAgainst(yes, isError), false);
      assert.equal(choice.isAgainst(no, isError), true);
    }
  });
  it('is followed with a ratio of 0', () => {
    const choice = sampling({ parentBased: true, ratio: 0, errorRatio: 0 });
    assert.equal(choice.takes(choice.draw(caller(true)), false, 0), true);
  });
});

describe('without a sampler', () => {
  it('nothing is traced, and nobody is against what a caller decided', () => {
    const choice = sampling(undefined);
    const draw = choice.draw(caller(true));
    assert.equal(choice.takes(draw, true, 0), false);
    assert.equal(choice.takesDropped(draw, false, 0), false);
    assert.equal(choice.isAgainst(draw, false), false);
    assert.equal(choice.limited(), 0);
  });
});

describe('the limit on spans', () => {
  const all = { parentBased: true, ratio: 1, errorRatio: 1 };
  it('holds for callers who sample, and counts what is over it', () => {
    const perSecond = 30;
    const choice = sampling(all, perSecond);
    let taken = 0;
    for (let ms = 0; ms < 10_000; ms++) if (choice.takes(choice.draw(caller(true)), false, ms)) taken++;
    assert.ok(taken * SPANS_PER_TRACE <= perSecond * 11 + SPANS_PER_TRACE, String(taken));
    assert.ok(taken * SPANS_PER_TRACE >= perSecond * 10, String(taken));
    assert.equal(choice.limited(), 10_000 - taken);
  });
  it('is not the sampler: whom it refuses nobody is against, and a drop does not try again', () => {
    const choice = sampling(all, 0);
    const draw = choice.draw(undefined);
    assert.equal(choice.takes(draw, false, 0), false);
    assert.equal(choice.isAgainst(draw, false), false);
    assert.equal(choice.takesDropped(draw, false, 0), false);
    assert.equal(choice.limited(), 1);
  });
  it('lower than one trace a second still lets one through, now and then', () => {
    const choice = sampling(all, 1);
    let taken = 0;
    for (let ms = 0; ms < 30_000; ms += 10) if (choice.takes(choice.draw(undefined), false, ms)) taken++;
    assert.ok(taken >= 9 && taken <= 11, String(taken));
  });
  it('is not saved up beyond a second', () => {
    const choice = sampling(all, 30);
    let taken = 0;
    for (let request = 0; request < 100; request++) {
      if (choice.takes(choice.draw(undefined), false, 3_600_000)) taken++;
    }
    assert.equal(taken, 10);
  });
});
