/** A run as Markdown, and as a plot, from the document that it printed. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ReportRequest } from './arguments.ts';
import { plot } from './plot.ts';
import type { RunDocument } from './report.ts';
import { cells, markdownTable, tableHeader } from './table.ts';

/** Reads the document, writes the plot where one is asked for, and returns the Markdown. Throws when it is no such document. */
export function reportOf({ file, svg }: ReportRequest): string {
  const document = JSON.parse(readFileSync(file, 'utf8')) as RunDocument;
  if (!Array.isArray(document?.results))
    throw new Error('it has no results: it is not what a bench prints with --json');
  if (svg !== undefined) writeFileSync(svg, plot(document));
  return markdown(document);
}

export function markdown(document: RunDocument): string {
  const header = tableHeader(document);
  const rows = document.results.map((result) => cells(result, header));
  const { rounds, seconds, warmupSeconds, load, notes, machine } = document;
  return [
    ...markdownTable(header, rows),
    '',
    `Medians of ${rounds} rounds of ${seconds} s after ${warmupSeconds} s of warm-up, with the least and the most; missing, dropped,`,
    'errors and spans are sums. CPU is that of all threads and processes of the server.',
    [load, ...notes, machine].map((sentence) => `${sentence}.`).join(' '),
    '',
  ].join('\n');
}
