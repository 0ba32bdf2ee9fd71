/**
 * Case files: Markdown that people read and extend, and that a test runs. Their format is told at the top of
 * test/cases/targets.md.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** One answer as a case writes it. */
export interface ExpectedAnswer {
  readonly statusLine: string;
  /** Headers that must be there, byte for byte; `{uuid}` stands for a UUIDv7. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface Case {
  /** The section that it stands in. */
  readonly section: string;
  readonly title: string;
  /** Bytes, one character each. */
  readonly request: string;
  readonly answers: readonly ExpectedAnswer[];
}

export interface CaseFile {
  /** All rules of the page, as one rules file. */
  readonly rules: string;
  readonly cases: readonly Case[];
}

const BLOCK = /^```(\w+)\n([\s\S]*?)^```$/gm;

/** @throws Error that names a case without why, request or answer */
export function readCases(url: URL): CaseFile {
  const [head = '', ...sections] = readFileSync(url, 'utf8').split(/^## /m);
  const rules: unknown[] = [];
  const fallbacks: unknown[] = [];
  const cases: Case[] = [];
  for (const text of [head, ...sections]) {
    const [intro = '', ...parts] = text.split(/^### /m);
    for (const block of blocksOf(intro, 'yaml')) {
      const file = parse(block) as { rules?: unknown[]; fallbacks?: unknown[] };
      rules.push(...(file.rules ?? []));
      fallbacks.push(...(file.fallbacks ?? []));
    }
    const section = firstLine(intro);
    cases.push(...parts.map((part) => readCase(section, part)));
  }
  return { rules: JSON.stringify({ rules, fallbacks }), cases };
}

const firstLine = (text: string): string => text.slice(0, text.indexOf('\n')).trim();

const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(BLOCK)].filter(([, name]) => name === language).map(([, , block]) => block!);

function readCase(section: string, text: string): Case {
  const title = firstLine(text);
  const why = text.slice(title.length, text.indexOf('```')).trim();
  const requests = blocksOf(text, 'request');
  const answers = blocksOf(text, 'answer').map(readAnswer);
  if (why === '' || requests.length !== 1 || answers.length === 0) {
    throw new Error(`the case "${title}" needs a sentence of why, one request, and an answer`);
  }
  return { section, title, request: bytesOf(requests[0]!), answers };
}

function readAnswer(block: string): ExpectedAnswer {
  const [statusLine = '', ...lines] = block.trimEnd().split('\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)] as const;
  });
  return { statusLine, headers };
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

/** Line ends of the block are layout; those of the request are written as \r\n. Other characters are their UTF-8 bytes. */
const bytesOf = (block: string): string =>
  Buffer.from(block.replaceAll('\n', ''))
    .toString('latin1')
    .replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (written, hex: string | undefined, name: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const character = ESCAPES[name!];
      if (character === undefined) throw new Error(`${written} is no escape of case files`);
      return character;
    });
