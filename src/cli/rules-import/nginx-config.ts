/** Reads nginx configurations: directives with their words, blocks and lines. */

export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** From 1. */
  readonly line: number;
  /** Undefined where it ends with a semicolon. */
  readonly block: readonly Directive[] | undefined;
}

/** What is wrong with a text that is no configuration. */
export class NginxSyntax extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
  /** A brace or semicolon that is not quoted. */
  readonly isMark: boolean;
}

/** Blanks and comments, marks, quoted words, and words, in which a backslash makes the next character plain and `${` begins a variable. */
const TOKEN =
  /(\s+|#[^\n]*)|([{};])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:\\.|\$\{|[^\s{};\\])(?:\\.|\$\{\w+\}|\$\{|[^\s{;\\])*)/gsy;

function* tokensOf(text: string): Generator<Token> {
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null)
      throw new NginxSyntax(line, `cannot be read from ${JSON.stringify(text.slice(at, at + 10))} on`);
    const [whole, blank, mark, double, single, word] = match;
    if (blank === undefined) {
      const quoted = (double ?? single)?.replace(/\\(["'\\])/g, '$1');
      yield { text: mark ?? quoted ?? word!, line, isMark: mark !== undefined };
    }
    line += whole.split('\n').length - 1;
  }
}

/** @throws NginxSyntax */
export function parseNginx(text: string): Directive[] {
  const tokens = tokensOf(text);
  const block = (isTop: boolean, opened: number): Directive[] => {
    const directives: Directive[] = [];
    let words: Token[] = [];
    for (let next = tokens.next(); !next.done; next = tokens.next()) {
      const token = next.value;
      const [name, ...rest] = words;
      if (!token.isMark) {
        words.push(token);
      } else if (token.text === '}') {
        if (isTop || name !== undefined)
          throw new NginxSyntax(token.line, 'has a "}" where none is expected');
        return directives;
      } else if (name === undefined) {
        throw new NginxSyntax(token.line, `has a "${token.text}" where none is expected`);
      } else {
        const inner = token.text === '{' ? block(false, token.line) : undefined;
        directives.push({
          name: name.text,
          words: rest.map((word) => word.text),
          line: name.line,
          block: inner,
        });
        words = [];
      }
    }
    if (!isTop) throw new NginxSyntax(opened, 'has a "{" that is not closed');
    if (words[0] !== undefined) throw new NginxSyntax(words[0].line, 'does not end with ";"');
    return directives;
  };
  return block(true, 1);
}
