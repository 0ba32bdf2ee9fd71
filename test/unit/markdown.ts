/** Reads what the documents claim: commands, links and file names. */

/** Blocks of code, without their fences. */
export const codeBlocks = (page: string): string[] =>
  [...page.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

/** Text between single backquotes, outside of blocks. */
export const inlineCode = (page: string): string[] =>
  [...withoutBlocks(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

const withoutBlocks = (page: string): string => page.replace(/^```[a-z]*\n[\s\S]*?^```$/gm, '');

/** Targets of links that are not absolute URLs, without blocks and inline code. */
export const relativeLinks = (page: string): string[] =>
  [
    ...withoutBlocks(page)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors of a page's headings, as GitHub makes them. */
export const anchors = (page: string): string[] =>
  [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const COMMAND = /^(?:[A-Z_]+=\S+ )*(?:npx redirector|node bin\/redirector\.js|redirector)(?: (.*))?$/;

/**
 * The words after `redirector` of a command line; undefined for any other line. What the shell would take out is gone:
 * variables before it, comments, redirections, pipes, and quotes.
 */
export function redirectorWords(line: string): string[] | undefined {
  const [, rest] = COMMAND.exec(line.replace(/\s+#.*$/, '').trim()) ?? [];
  if (rest === undefined) return undefined;
  const words = rest.replace(/\s*(?:[|;]|&&|\d?>>?).*$/, '').match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
}
