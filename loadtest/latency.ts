/** HDR histograms of times: recorded in milliseconds, kept in whole microseconds to three significant digits. */
import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** One point of a percentile plot. */
export interface PercentilePoint {
  readonly percentile: number;
  readonly ms: number;
}

/** Of the points of a plot, as many in each halving of what is left to 100 %, as HDR histograms are plotted. */
const POINTS_PER_HALF = 5;

/** An hour: far beyond every time-out that a run can have. */
const HIGHEST_MICROS = 3_600_000_000;

/** Times of one kind of thing. Constant memory, constant time per record. */
export class TimeHistogram {
  readonly #micros: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  });

  /** Adds a time in ms; less than 0 (a clock's rounding) counts as 0. */
  record(milliseconds: number): void {
    this.#micros.recordValue(Math.min(HIGHEST_MICROS, Math.max(0, Math.round(milliseconds * 1000))));
  }

  get count(): number {
    return this.#micros.totalCount;
  }

  /** In ms; 0 when nothing was recorded. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#micros.getValueAtPercentile(percent) / 1000;
  }

  percentiles(): Percentiles {
    return {
      p50: this.percentile(50),
      p90: this.percentile(90),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.percentile(100),
    };
  }

  /** The percentile plot: ever finer towards 100 %, down to a single value. */
  distribution(): PercentilePoint[] {
    const points: PercentilePoint[] = [];
    for (let left = 100; left >= 100 / Math.max(1, this.count); left /= 2) {
      for (let step = 0; step < POINTS_PER_HALF; step++) {
        const percentile = 100 - left + (step * left) / 2 / POINTS_PER_HALF;
        points.push({ percentile, ms: this.percentile(percentile) });
      }
    }
    points.push({ percentile: 100, ms: this.percentile(100) });
    return points;
  }

  reset(): void {
    this.#micros.reset();
  }
}
