/** The report of a load test as one page for browsers: nothing is loaded from elsewhere, and no script runs. */
import { type SearchReport, searchRows, stepHead, stepRow } from '../find-max.ts';
import { ms, tenths, whole, yesNo } from '../format.ts';
import { type LoadtestReport, reportRows } from '../report.ts';
import { sumOf } from '../server-stats.ts';
import { dropChart, latencyChart, percentileChart, queueChart, rateChart } from './charts.ts';
import { flowOf, flowPicture } from './flow.ts';
import { lineChart } from './line-chart.ts';
import { html, jsonForScript, type Markup } from './markup.ts';
import { linearScale, logScale } from './scale.ts';
import { style } from './style.ts';

type Tile = readonly [label: string, field: string, text: string];
type Ending = Pick<LoadtestReport, 'verdict' | 'reasons' | 'notes' | 'run' | 'url'>;

/** The page of a run. */
export function reportPage(report: LoadtestReport): string {
  const { latencyMs, server, timeline, serverTimeline } = report;
  const tiles: Tile[] = [
    ['answers a second', 'achievedRps', tenths(report.achievedRps)],
    ['answered', 'answered', whole(report.answered)],
    ['failed', 'failed', whole(report.failed)],
    ['p50', 'latencyMs.p50', ms(latencyMs.p50)],
    ['p99', 'latencyMs.p99', ms(latencyMs.p99)],
    ['p99.9', 'latencyMs.p999', ms(latencyMs.p999)],
    ['max', 'latencyMs.max', ms(latencyMs.max)],
    ...(server === null ? [] : [['dropped', 'dropped', whole(sumOf(server.dropped))] satisfies Tile]),
    ['reconciled', 'reconciled', yesNo(report.reconciled)],
  ];
  const title = report.case === null ? 'Load test' : `Load test: ${report.case.name}`;
  return pageOf(
    title,
    report,
    tiles,
    html`<h2>Where every request went</h2>${flowPicture(flowOf(report))}
<h2>Latency</h2><p class="soft">From the moment at which a request was due, not from when it could be sent.</p>
${timeline.length === 0 ? '' : latencyChart(report)}${percentileChart(report)}
<h2>Load and queue</h2>${timeline.length === 0 ? '' : rateChart(report)}
${serverTimeline.length === 0 ? '' : html`${queueChart(report)}${dropChart(report)}`}
<h2>All figures</h2>${table(reportRows(report))}${secondsTable(report)}`,
  );
}

/** The page of a search for the highest rate. */
export function searchPage(report: SearchReport): string {
  const { steps, p99LimitMs, maxRps } = report;
  const sorted = steps.toSorted((a, b) => a.rps - b.rps);
  const highestRps = Math.max(...sorted.map(({ rps }) => rps));
  const p99s = sorted.map(({ p99Ms }) => p99Ms);
  const chart = lineChart({
    title: 'p99 by rate',
    summary: `The p99 of each step; the limit is ${ms(p99LimitMs)}`,
    series: [
      { name: 'p99', points: sorted.map(({ rps, p99Ms }) => [rps, p99Ms]) },
      {
        name: 'limit',
        points: [
          [0, p99LimitMs],
          [highestRps, p99LimitMs],
        ],
      },
    ],
    x: linearScale(highestRps),
    y: logScale(Math.min(p99LimitMs, ...p99s.filter((p99) => p99 > 0)), Math.max(p99LimitMs, ...p99s)),
    xTitle: 'requests a second',
    yTitle: 'ms',
    marks: maxRps === null ? [] : [{ x: maxRps, label: 'highest that held' }],
  });
  const tiles: Tile[] = [
    ['highest rate', 'maxRps', maxRps === null ? 'none' : whole(maxRps)],
    ['p99 to keep', 'p99LimitMs', ms(p99LimitMs)],
    ['steps', 'steps', whole(steps.length)],
    ['reconciled', 'reconciled', yesNo(report.reconciled)],
  ];
  return pageOf(
    'Highest rate',
    report,
    tiles,
    html`<h2>Steps</h2>${chart}${table(steps.map(stepRow), stepHead)}<h2>All figures</h2>${table(searchRows(report))}`,
  );
}

function pageOf(title: string, report: Ending, tiles: readonly Tile[], body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} ${report.run}</title>
<style>${style}</style>
</head>
<body>
<header><h1><span class="verdict ${report.verdict}" data-field="verdict">${report.verdict}</span>${title}</h1>
<p class="soft">Run <code>${report.run}</code> against <code>${report.url}</code></p></header>
<main>
${report.reasons.length === 0 ? '' : html`<ul class="fail">${report.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
${report.notes.map((line) => html`<p>${line}</p>`)}
<dl class="tiles">${tiles.map(([label, field, text]) => html`<div><dt>${label}</dt><dd data-field="${field}">${text}</dd></div>`)}</dl>
${body}
</main>
<script type="application/json" id="report">${jsonForScript(report)}</script>
</body>
</html>
`.text;
}

function table(rows: readonly (readonly string[])[], head?: readonly string[]): Markup {
  const headRow =
    head === undefined
      ? ''
      : html`<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>`;
  const row = ([first, ...rest]: readonly string[]): Markup =>
    html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  return html`<div class="scroll"><table>${headRow}<tbody>${rows.map(row)}</tbody></table></div>`;
}

/** The figures of the charts, for who would rather read them. */
function secondsTable({ timeline }: LoadtestReport): Markup {
  const rows = timeline.map(({ second, sent, answered, failed, p50, p99, max }) => [
    whole(second),
    ...[sent, answered, failed].map(whole),
    ...[p50, p99, max].map(ms),
  ]);
  return html`<details><summary>Every second as a table</summary>${table(rows, ['second', 'sent', 'answered', 'failed', 'p50', 'p99', 'max'])}</details>`;
}
