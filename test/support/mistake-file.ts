/** Reads test/cases/mistakes.md, whose format is told at its top. */
import { readFileSync } from 'node:fs';

export interface Mistake {
  /** The section that it stands in. */
  readonly section: string;
  readonly title: string;
  /** Files that are there, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** As it is typed, in a shell. */
  readonly command: string;
  /** All that is then seen, without the exit code. */
  readonly told: string;
  readonly code: number;
}

const BLOCK = /^```([a-z]*)\n([\s\S]*?)^```$/gm;

/** @throws Error that names a case without why, or with another terminal than one */
export function readMistakes(url: URL): Mistake[] {
  const [, ...sections] = readFileSync(url, 'utf8').split(/^## /m);
  return sections.flatMap((section) => {
    const [intro = '', ...cases] = section.split(/^### /m);
    return cases.map((text) => readCase(firstLine(intro), text));
  });
}

const firstLine = (text: string): string => text.slice(0, text.indexOf('\n')).trim();

function readCase(section: string, text: string): Mistake {
  const title = firstLine(text);
  const why = text.slice(title.length, text.indexOf('```')).trim();
  const blocks = [...text.matchAll(BLOCK)].map(([, language, block]) => [language!, block!] as const);
  const [terminal, ...others] = blocks.filter(([language]) => language === 'text').map(([, block]) => block);
  const [, command, told, code] = /^\$ (.*)\n([\s\S]*)^\[(\d+)\]\n$/m.exec(terminal ?? '') ?? [];
  if (why === '' || command === undefined || others.length > 0) {
    throw new Error(
      `the case "${title}" needs a sentence of why, and one terminal with "$ command" and "[exit code]"`,
    );
  }
  const files = blocks.filter(([language]) => language !== 'text').map(([, block]) => fileOf(title, block));
  return { section, title, files: Object.fromEntries(files), command, told: told!, code: Number(code) };
}

function fileOf(title: string, block: string): [name: string, text: string] {
  const name = /^# ([\w.-]+)\n/.exec(block)?.[1];
  if (name === undefined)
    throw new Error(`a file of the case "${title}" has no name in a comment on its first line`);
  return [name, block];
}
