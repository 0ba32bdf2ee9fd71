import type { RunDocument } from './report.ts';
import { isMeasured } from './table.ts';

const WIDTH = 720;
const LABELS = 150;
const FIGURES = 60;
const ROW = 26;

/** CPU per request of each peer that was measured, the least first: a bar for the median, a line from the least to the most. */
export function plot({ results, machine }: Pick<RunDocument, 'results' | 'machine'>): string {
  const rows = results.filter(isMeasured).sort((a, b) => a.cpuMicrosPerRequest - b.cpuMicrosPerRequest);
  const most = Math.max(1, ...rows.map((row) => row.spread.cpuMicrosPerRequest.max));
  const x = (micros: number) => LABELS + ((WIDTH - LABELS - FIGURES) * micros) / most;
  const at = (value: number) => value.toFixed(1);
  const bars = rows.flatMap(({ name, cpuMicrosPerRequest, recordsMissing, spread }, index) => {
    const y = 36 + index * ROW;
    const { min, max } = spread.cpuMicrosPerRequest;
    // What leaves no whole log is no answer to the same question.
    const kind = name === 'redirector' ? 'own' : recordsMissing === 0 ? 'whole' : 'none';
    return [
      `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${kind}" x="${LABELS}" y="${y + 2}" width="${at(x(cpuMicrosPerRequest) - LABELS)}" height="16"/>`,
      `<path d="M${at(x(min))} ${y + 10}H${at(x(max))}"/>`,
      `<text x="${at(x(max) + 6)}" y="${y + 14}">${cpuMicrosPerRequest.toFixed(1)}</text>`,
    ];
  });
  const height = 36 + rows.length * ROW + 46;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="13">`,
    '<title>CPU for one redirect, in microseconds, by server</title>',
    '<style>.own{fill:#1a7f37}.whole{fill:#6e9fd4}.none{fill:#c9c9c9}path{stroke:#222;stroke-width:2}</style>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    '<text x="12" y="22" font-weight="bold">CPU for one redirect, microseconds (median, least to most)</text>',
    ...bars,
    `<text x="12" y="${height - 28}" font-size="11">Grey: no log, or records missing from it.</text>`,
    `<text x="12" y="${height - 12}" font-size="11">${escaped(machine)}</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
