/** Where commands print: data to standard output, all else to standard error. */
import { stripVTControlCharacters, styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Text with a style where `stream` is a terminal and NO_COLOR is not set, else as it is. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream, validateStream: true });
}

/** Prints one line of data. */
export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one JSON document: indented on a terminal, on one line elsewhere. */
export function printJson(document: unknown): void {
  printLine(JSON.stringify(document, null, process.stdout.isTTY ? 2 : undefined));
}

/** Prints one line that is not data: progress, notices, warnings. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Offsets are numbers too, but come as text. */
const NUMBER = /^-?\d+(\.\d+)?$/;

const visibleWidth = (cell: string | number): number => stripVTControlCharacters(String(cell)).length;

/** Lines of `rows` in aligned columns, with `head` in bold on a terminal when it is given; numbers stand to the right. */
function tableLines(rows: readonly (readonly (string | number)[])[], head?: readonly string[]): string[] {
  const all = head === undefined ? rows : [head, ...rows];
  const widths: number[] = [];
  for (const row of all) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell));
    });
  }
  const numeric = widths.map(
    (_, column) => rows.length > 0 && rows.every((row) => NUMBER.test(String(row[column]))),
  );
  return all.map((row, index) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const padding = ' '.repeat(width - visibleWidth(cell));
      return numeric[column] ? padding + cell : cell + padding;
    });
    const line = cells.join('  ').trimEnd();
    return head !== undefined && index === 0 ? styled('bold', line) : line;
  });
}

/** Prints `rows` in aligned columns. */
export function printTable(rows: readonly (readonly (string | number)[])[], head?: readonly string[]): void {
  for (const line of tableLines(rows, head)) printLine(line);
}

/** For a command that goes on when nobody reads its standard output any more; without it such a command ends. */
export function keepRunningWhenUnread(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', () => {});
}
