/** Tables of redirects: from, to, and a status where there is a third column, separated by commas, semicolons or tabs. */
import { CsvError, parse } from 'csv-parse/sync';
import { absolute, literalText, originOf, queryCondition, redirectStatus } from './addresses.ts';
import { type Draft, Imported, type ImportOptions, NotCarried } from './imported.ts';

/** What separates the first cell from the next. */
const FIRST_CELL = /^(?:"(?:[^"]|"")*"|[^,;\t"]*)([,;\t])/;

/** Reads a table, with a line of headings or without. */
export function importCsv(text: string, { base }: ImportOptions): Imported {
  const imported = new Imported();
  const delimiter = FIRST_CELL.exec(text.replace(/^\uFEFF/, ''))?.[1] ?? ',';
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, {
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as never;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    imported.left.push({
      line: Number(error.lines ?? 1),
      reason: `it is no CSV (${error.code}): nothing is carried over`,
    });
    return imported;
  }
  for (const [index, { record, info }] of rows.entries()) {
    const isHeading = index === 0 && !/^(\/|https?:)/i.test(record[0] ?? '');
    if (!isHeading)
      imported.attempt(info.lines, () => imported.rules.push(readRow(info.lines, record, base)));
  }
  return imported;
}

/** @throws NotCarried */
function readRow(
  line: number,
  [from = '', to = '', statusText = '']: readonly string[],
  base: string | undefined,
): Draft {
  const { host, path, query } = originOf(from);
  const rule = {
    line,
    hosts: host === undefined ? [] : [host],
    kind: 'path',
    path,
    when: query === '' ? undefined : { query: queryCondition(query) },
  } as const;
  if (statusText === '410') return { ...rule, action: 'gone' };
  if (to === '') throw new NotCarried('it has no target');
  const status = statusText === '' ? undefined : redirectStatus(Number(statusText));
  return { ...rule, target: absolute(literalText(to), base), status };
}
