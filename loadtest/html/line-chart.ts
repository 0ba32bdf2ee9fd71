/** A line chart as SVG, to be read without scripts: lines differ in dashes as well as in colour. */
import { html, type Markup } from './markup.ts';
import type { Scale } from './scale.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  /** What one sees, for who does not. */
  readonly summary: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Four at most. */
  readonly series: readonly Series[];
  /** Moments worth a line of their own. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
  /** The part up to here is another one than the rest. */
  readonly shadedTo?: { readonly x: number; readonly label: string } | undefined;
}

const WIDTH = 760;
const HEIGHT = 250;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 14, 12, 40];
const [INNER_WIDTH, INNER_HEIGHT] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];

export function lineChart(chart: LineChart): Markup {
  const { x, y } = chart;
  const px = (value: number): string => (LEFT + x.at(value) * INNER_WIDTH).toFixed(1);
  const py = (value: number): string => (TOP + (1 - y.at(value)) * INNER_HEIGHT).toFixed(1);
  const bottom = HEIGHT - BOTTOM;
  const shaded = chart.shadedTo;
  return html`<figure>
<figcaption><h3>${chart.title}</h3>${legend(chart.series)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.summary}">
${shaded === undefined ? '' : html`<rect class="shade" x="${LEFT}" y="${TOP}" width="${(Number(px(shaded.x)) - LEFT).toFixed(1)}" height="${INNER_HEIGHT}"/><text class="note" x="${LEFT + 4}" y="${TOP + 12}">${shaded.label}</text>`}
${y.ticks.map(({ value, label }) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(value)}" y2="${py(value)}"/><text x="${LEFT - 6}" y="${py(value)}" text-anchor="end" dominant-baseline="middle">${label}</text>`)}
${x.ticks.map(({ value, label }) => html`<line class="tick" x1="${px(value)}" x2="${px(value)}" y1="${bottom}" y2="${bottom + 4}"/><text x="${px(value)}" y="${bottom + 16}" text-anchor="middle">${label}</text>`)}
<text class="axis" x="${LEFT + INNER_WIDTH / 2}" y="${HEIGHT - 5}" text-anchor="middle">${chart.xTitle}</text>
<text class="axis" transform="translate(12 ${TOP + INNER_HEIGHT / 2}) rotate(-90)" text-anchor="middle">${chart.yTitle}</text>
${(chart.marks ?? []).map(({ x: at, label }, index) => html`<line class="mark" x1="${px(at)}" x2="${px(at)}" y1="${TOP}" y2="${bottom}"/><text class="note" x="${Number(px(at)) + 4}" y="${TOP + 12 + (index % 3) * 13}">${label}</text>`)}
${chart.series.map(({ points }, index) => html`<polyline class="s${index + 1}" points="${points.map(([a, b]) => `${px(a)},${py(b)}`).join(' ')}"/>`)}
</svg>
</figure>`;
}

const legend = (series: readonly Series[]): Markup =>
  html`<ul class="legend">${series.map(({ name }, index) => html`<li><svg viewBox="0 0 24 8" aria-hidden="true"><polyline class="s${index + 1}" points="0,4 24,4"/></svg>${name}</li>`)}</ul>`;
