/** `redirector status --watch`: a server's stats again and again, with rates, also across its restarts. */
import { RedirectorError } from '../errors.ts';
import { interruption, pause } from './interruption.ts';
import { printLine, printTable, styled } from './output.ts';
import { ratesBetween, type Stats, statusLine, styledRows } from './status-rows.ts';

export interface Watching {
  /** What the server has said already. */
  readonly first: Stats;
  readonly ask: () => Promise<Stats>;
  readonly intervalMs: number;
  /** One JSON document a line. */
  readonly json: boolean;
}

/** A look at the server: what it said, or why it said nothing. */
type Look = { readonly at: number; readonly stats: Stats } | { readonly at: number; readonly error: string };

const CLEAR_SCREEN = '\x1b[2J\x1b[H';

/** Resolves when it is interrupted. */
export async function watchStatus({ first, ask, intervalMs, json }: Watching): Promise<void> {
  const show = json ? showJson : process.stdout.isTTY ? draw : showLine;
  const interrupted = interruption();
  let look: Look = { at: performance.now(), stats: first };
  show(look, undefined);
  for (;;) {
    await pause(intervalMs, interrupted);
    if (interrupted.aborted) return;
    const before = look;
    look = await lookAgain(ask);
    if (interrupted.aborted) return;
    show(look, before);
  }
}

/** A server that is away may come back. */
async function lookAgain(ask: Watching['ask']): Promise<Look> {
  try {
    const stats = await ask();
    return { at: performance.now(), stats };
  } catch (error) {
    if (!(error instanceof RedirectorError)) throw error;
    return { at: performance.now(), error: error.message };
  }
}

const rates = (look: Look, before: Look | undefined) =>
  before !== undefined && 'stats' in look && 'stats' in before
    ? ratesBetween(before.stats, look.stats, (look.at - before.at) / 1000)
    : undefined;

function showJson(look: Look, before: Look | undefined): void {
  const document =
    'stats' in look ? { ...look.stats, perSecond: rates(look, before) ?? null } : { error: look.error };
  printLine(JSON.stringify(document));
}

const clockTime = (): string => new Date().toTimeString().slice(0, 8);

function showLine(look: Look, before: Look | undefined): void {
  printLine(`${clockTime()}  ${'stats' in look ? statusLine(look.stats, rates(look, before)) : look.error}`);
}

function draw(look: Look, before: Look | undefined): void {
  process.stdout.write(CLEAR_SCREEN);
  if ('stats' in look) printTable(styledRows(look.stats, rates(look, before)));
  else printLine(styled('red', look.error));
  printLine();
  printLine(styled('dim', `${clockTime()}, Ctrl-C ends it`));
}
