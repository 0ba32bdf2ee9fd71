/** The courses of the last minutes, drawn by uPlot. */
import uPlot from '/page/uplot.js';
import { clock, count, milliseconds, minute, rate } from './format.js';
import { byId } from './show.js';

const SECONDS = 300;
const LEAST_SECONDS = 60;
const HEIGHT = 190;
const MIB = 2 ** 20;

/** @typedef {import('../history.ts').Sample} Sample */
/** @typedef {{ readonly label: string, readonly colour: string, readonly dash?: number[] | undefined, readonly of: (sample: Sample) => number | null }} Line */
/** @typedef {{ readonly id: string, readonly what: string, readonly show: (value: number) => string, readonly least: number, lines: readonly Line[], plot: uPlot | undefined }} Chart */

/** @type {Chart[]} */
const charts = [
  { id: 'chart-answers', what: 'Answers a second', show: rate, least: 1, lines: [], plot: undefined },
  {
    id: 'chart-latency',
    what: 'Answer time',
    show: milliseconds,
    least: 0.1,
    lines: [
      { label: 'median', colour: '--line-1', of: ({ latencyMs }) => latencyMs?.p50 ?? null },
      {
        label: '99th percentile',
        colour: '--line-2',
        dash: [6, 4],
        of: ({ latencyMs }) => latencyMs?.p99 ?? null,
      },
    ],
    plot: undefined,
  },
  {
    id: 'chart-queue',
    what: 'Queue',
    show: (value) => `${rate(value)} MiB`,
    least: 1,
    lines: [{ label: 'in use', colour: '--line-1', of: ({ queueBytes }) => queueBytes / MIB }],
    plot: undefined,
  },
];

/** How lines of several statuses are told apart, in turn, also without colour. */
const DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4]];

/** @type {readonly Sample[]} */
let samples = [];

/**
 * @param {readonly Sample[]} all the oldest first
 * @param {number} maxBytes what the queue can hold
 */
export function showCharts(all, maxBytes) {
  samples = all;
  const statuses = [...new Set(all.flatMap(({ answers }) => Object.keys(answers)))].sort();
  const [answers] = charts;
  if (answers !== undefined && statuses.join() !== answers.lines.map(({ label }) => label).join()) {
    answers.lines = statuses.map((label, place) => ({
      label,
      colour: `--line-${(place % 5) + 1}`,
      dash: DASHES[place % DASHES.length],
      of: (sample) => sample.answers[label] ?? 0,
    }));
    remove(answers);
  }
  for (const chart of charts) draw(chart, chart.id === 'chart-queue' ? maxBytes / MIB : chart.least);
}

/**
 * @param {Chart} chart
 * @param {number} least the scale reaches at least so far
 */
function draw(chart, least) {
  const data = dataOf(chart);
  if (chart.plot === undefined) chart.plot = new uPlot(optionsOf(chart, least), data, byId(chart.id));
  else chart.plot.setData(data);
  // Where no pointer shows a moment, the legend has the newest one.
  if ((chart.plot.cursor.left ?? -1) < 0) chart.plot.setLegend({ idx: samples.length - 1 });
  const told = chart.lines.map(({ label, of }) => {
    const values = samples.map(of).filter((value) => value !== null);
    const last = samples.at(-1);
    const now = last === undefined ? null : of(last);
    return `${label}: ${now === null ? 'nothing' : chart.show(now)} now, ${chart.show(Math.max(0, ...values))} at most`;
  });
  byId(chart.id).setAttribute(
    'aria-label',
    `${chart.what} over ${count(samples.length)} seconds. ${told.join('. ')}`,
  );
}

/** @param {Chart} chart */
function remove(chart) {
  chart.plot?.destroy();
  chart.plot = undefined;
}

/**
 * @param {Chart} chart
 * @returns {uPlot.AlignedData}
 */
const dataOf = ({ lines }) => [
  samples.map(({ time }) => time / 1000),
  ...lines.map(({ of }) => samples.map(of)),
];

/**
 * @param {Chart} chart
 * @param {number} least
 * @returns {uPlot.Options}
 */
function optionsOf({ id, lines, show }, least) {
  const style = getComputedStyle(document.body);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(name);
  const font = `12px ${style.fontFamily}`;
  const axis = {
    stroke: colour('--quiet'),
    font,
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: byId(id).clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: true, range: () => rangeOfTime() },
      y: { range: (_plot, _least, most) => [0, Math.max(least, most * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        space: 60,
        incrs: [15, 30, 60, 120, 300],
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((second) => (step < 60 ? clock : minute)(second * 1000)),
      },
      {
        ...axis,
        size: 56,
        values: (_plot, splits) =>
          splits.map((value) => (value >= 10_000 ? `${value / 1000} k` : String(value))),
      },
    ],
    series: [
      { label: 'at', value: (_plot, second) => (second === null ? '–' : clock(second * 1000)) },
      ...lines.map(({ label, colour: name, dash = [] }) => ({
        label,
        stroke: colour(name),
        width: 2,
        dash,
        points: { show: false },
        /** @param {uPlot} _plot @param {number | null} value */
        value: (_plot, value) => (value === null ? '–' : show(value)),
      })),
    ],
  };
}

/**
 * Of a server that has just started, the little that there is takes the whole width.
 * @returns {[number, number]}
 */
function rangeOfTime() {
  const [first = Date.now(), last = first] = [samples[0]?.time, samples.at(-1)?.time];
  const end = last / 1000;
  return [end - Math.min(SECONDS, Math.max(LEAST_SECONDS, end - first / 1000)), end];
}

/** Draws all anew, in the colours and the width of now, at the next reading. */
function redraw() {
  for (const chart of charts) remove(chart);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
new ResizeObserver(() => {
  for (const { id, plot } of charts) plot?.setSize({ width: byId(id).clientWidth, height: HEIGHT });
}).observe(document.body);
