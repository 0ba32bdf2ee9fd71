/** The charts of a run. */
import { ms, whole } from '../format.ts';
import type { LoadtestReport } from '../report.ts';
import { type LineChart, lineChart, type Series } from './line-chart.ts';
import type { Markup } from './markup.ts';
import { linearScale, logScale, percentileScale } from './scale.ts';

type Point = readonly [number, number];

const highestOf = (series: readonly Series[]): number =>
  Math.max(0, ...series.flatMap(({ points }) => points.map(([, y]) => y)));
const lowestOf = (series: readonly Series[]): number =>
  Math.min(...series.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => y > 0), 1);

/** What charts over the time of a run have in common. */
function overTime(report: LoadtestReport, series: readonly Series[]) {
  const { warmupSeconds, elapsedSeconds, timeline, serverTimeline } = report;
  // One axis for all of them: what happened at once stands at one place.
  const ends = [timeline.at(-1), serverTimeline.at(-1)].map((point) => point?.second ?? 0);
  const seconds = Math.max(1, elapsedSeconds, ...ends);
  return {
    series,
    x: linearScale(seconds, true),
    xTitle: 'seconds',
    marks: (report.case?.faults ?? []).map(({ second, what }) => ({ x: second, label: what })),
    shadedTo: warmupSeconds === 0 ? undefined : { x: warmupSeconds, label: 'warm-up' },
  } satisfies Partial<LineChart>;
}

/** Percentiles of each second's answers. */
export function latencyChart(report: LoadtestReport): Markup {
  const line = (name: 'p50' | 'p99' | 'max'): Series => ({
    name,
    points: report.timeline
      .filter(({ answered }) => answered > 0)
      .map((point): Point => [point.second, point[name]]),
  });
  const series = [line('p50'), line('p99'), line('max')];
  return lineChart({
    ...overTime(report, series),
    title: 'Latency by the second',
    summary: `p50, p99 and maximum of each second; the highest was ${ms(highestOf(series))}`,
    y: logScale(lowestOf(series), highestOf(series)),
    yTitle: 'ms',
  });
}

export function percentileChart({ latencyDistribution, latencyMs, measured }: LoadtestReport): Markup {
  const highest = 100 - 100 / Math.max(10, measured);
  const points = latencyDistribution.map(
    ({ percentile, ms: y }): Point => [Math.min(percentile, highest), y],
  );
  const series = [{ name: 'latency', points }];
  return lineChart({
    series,
    title: 'Percentiles of the latency',
    summary: `p50 ${ms(latencyMs.p50)}, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs.p999)}, maximum ${ms(latencyMs.max)}`,
    x: percentileScale(highest),
    y: logScale(lowestOf(series), latencyMs.max),
    xTitle: 'percentile',
    yTitle: 'ms',
  });
}

export function rateChart(report: LoadtestReport): Markup {
  const line = (name: 'sent' | 'answered' | 'failed'): Series => ({
    name,
    points: report.timeline.map((point): Point => [point.second, point[name]]),
  });
  const series = [line('sent'), line('answered'), line('failed')];
  return lineChart({
    ...overTime(report, series),
    title: 'Requests by the second',
    summary: `sent, answered and failed in each second; at most ${whole(highestOf(series))}`,
    y: linearScale(highestOf(series)),
    yTitle: 'requests',
  });
}

export function queueChart(report: LoadtestReport): Markup {
  const series = [
    {
      name: 'waiting or under way',
      points: report.serverTimeline.map(({ second, queued }): Point => [second, queued]),
    },
    {
      name: 'in the spool',
      points: report.serverTimeline.map(({ second, spooled }): Point => [second, spooled]),
    },
  ];
  return lineChart({
    ...overTime(report, series),
    title: 'Records in the queue and in the spool',
    summary: `records that wait or are under way, and records in the spool; at most ${whole(highestOf(series))}`,
    y: linearScale(highestOf(series)),
    yTitle: 'records',
  });
}

export function dropChart(report: LoadtestReport): Markup {
  const series = [
    { name: 'dropped', points: report.serverTimeline.map(({ second, dropped }): Point => [second, dropped]) },
  ];
  return lineChart({
    ...overTime(report, series),
    title: 'Records dropped since the start',
    summary: `${whole(highestOf(series))} records were dropped`,
    y: linearScale(highestOf(series)),
    yTitle: 'records',
  });
}
