/** The table of a run: its columns, and its forms for a terminal and for Markdown. */
import type { Figures, RunDocument } from './report.ts';

type Row = RunDocument['results'][number];

const spread = (median: number, { min, max }: { min: number; max: number }, decimals: number): string =>
  `${median.toFixed(decimals)} (${min.toFixed(decimals)}-${max.toFixed(decimals)})`;

/** The columns that every run has, by heading. A column that is empty in all rows is left out. */
const COLUMNS: Readonly<Record<string, (figures: Figures) => string>> = {
  'CPU us/request': ({ cpuMicrosPerRequest, spread: { cpuMicrosPerRequest: all } }) =>
    spread(cpuMicrosPerRequest, all, 1),
  rps: ({ rps }) => `${rps}`,
  'p99 ms': ({ p99Ms }) => p99Ms.toFixed(2),
  'p99.9 ms': ({ p999Ms, spread: { p999Ms: all } }) =>
    p999Ms === null || all === null ? '' : spread(p999Ms, all, 2),
  fields: ({ recordFields }) => `${recordFields || 'no log'}`,
  missing: ({ recordsMissing }) => `${recordsMissing ?? ''}`,
  dropped: ({ recordsDropped }) => `${recordsDropped ?? ''}`,
  errors: ({ errors }) => `${errors}`,
  spans: ({ spansReceived }) => `${spansReceived ?? ''}`,
  'peak MiB': ({ peakRssBytes }) => (peakRssBytes / 2 ** 20).toFixed(0),
};

export const isMeasured = (row: Row): row is Figures => !('unavailable' in row);

/** The headings of the columns in which some row has something; the first one has none. */
export function tableHeader({ results }: Pick<RunDocument, 'results'>): string[] {
  const rows = results.filter(isMeasured);
  const used = Object.keys(COLUMNS).filter((name) => rows.some((row) => COLUMNS[name]!(row) !== ''));
  return ['', ...used, ...new Set(rows.flatMap(({ own }) => Object.keys(own)))];
}

/** A row under that header; of a peer without figures its name and why it has none. */
export function cells(row: Row, header: readonly string[]): string[] {
  if (!isMeasured(row)) return [row.name, `unavailable: ${row.unavailable}`];
  const cell = (name: string): string => {
    const column = COLUMNS[name];
    if (column !== undefined) return column(row);
    const own = row.own[name];
    return own === undefined ? '' : spread(own.median, own, 1);
  };
  return [row.name, ...header.slice(1).map(cell)];
}

/** Lines for a terminal. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [header, ...rows];
  // A reason why a peer is not there has a line of its own width.
  const measured = lines.filter((line) => line.length === header.length);
  const width = (column: number) =>
    Math.max(...(column === 0 ? lines : measured).map((line) => line[column]!.length));
  return lines.map((line) =>
    line
      .map((text, column) => {
        if (column === 0) return text.padEnd(width(column));
        return line.length === header.length ? text.padStart(width(column)) : text;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Lines of Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const filled = rows.map((row) => [
    ...row,
    ...Array<string>(Math.max(0, header.length - row.length)).fill(''),
  ]);
  return [line(header), line(header.map(() => '---')), ...filled.map(line)];
}
