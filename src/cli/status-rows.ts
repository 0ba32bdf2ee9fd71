/** What `redirector status` shows: a compact reading of the admin API's stats. */
import { styled } from './output.ts';

/** A queue that would take longer than a day is not filling, but holds what has just come. */
const SOON_S = 24 * 3600;

/** What GET /api/v1/stats answers, as far as it is shown here; a server of another version may leave some out. */
export interface Stats {
  readonly version?: string;
  /** Of this start of the server: with another one its counts begin anew. */
  readonly boot?: string;
  readonly state?: string;
  readonly uptimeSeconds?: number;
  readonly requests?: { readonly total: number; readonly byStatus: Readonly<Record<string, number>> };
  readonly ledger?: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  readonly queue?: {
    readonly bytes: number;
    readonly maxBytes: number;
    readonly records: number;
    readonly highWaterBytes: number;
    readonly oldestAgeSeconds: number;
    readonly secondsUntilFull: number | null;
  };
  readonly sink?: {
    readonly kind: string;
    readonly state: string;
    readonly lastError: string | null;
    readonly partitions?: number | null;
    readonly ackMs?: number | null;
    readonly maxRecordsPerSecond?: number | null;
  };
  readonly spool?: {
    readonly records: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly state?: string;
  } | null;
  readonly listeners?: readonly { readonly id: number; readonly state: string; readonly restarts: number }[];
}

const MIB = 2 ** 20;
const count = (value: number): string => value.toLocaleString('en-US');
const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${count(value)}`)
    .join(', ');

/** Name and value of each line; what the server did not send is left out. */
export function statusRows(stats: Stats): [name: string, value: string][] {
  const rows: [string, string][] = [];
  const { requests, ledger, queue, sink, spool, listeners } = stats;
  rows.push([
    'server',
    `${stats.state ?? 'unknown'}, version ${stats.version ?? 'unknown'}, up ${Math.round(stats.uptimeSeconds ?? 0)} s`,
  ]);
  if (requests !== undefined) {
    const statuses = listed(requests.byStatus);
    rows.push(['requests', count(requests.total) + (statuses === '' ? '' : ` (${statuses})`)]);
  }
  for (const [name, value] of Object.entries(ledger ?? {})) {
    if (typeof value === 'number') rows.push([`ledger ${name}`, count(value)]);
    else rows.push([`ledger ${name}`, listed(value) || '0']);
  }
  if (queue !== undefined) {
    const until = queue.secondsUntilFull;
    const full = until === null || until > SOON_S ? '' : `, full in ${Math.round(until)} s`;
    rows.push([
      'queue',
      `${count(queue.records)} records, ${mebibytes(queue.bytes)} of ${mebibytes(queue.maxBytes)}` +
        ` (high water ${mebibytes(queue.highWaterBytes)}), oldest ${queue.oldestAgeSeconds} s${full}`,
    ]);
  }
  if (sink !== undefined) {
    const most =
      typeof sink.maxRecordsPerSecond === 'number'
        ? `, at most ${count(Math.round(sink.maxRecordsPerSecond))} records a second (${sink.partitions} partitions, ${Math.round(sink.ackMs ?? 0)} ms to an ack)`
        : '';
    const trouble = sink.lastError === null ? '' : `: ${sink.lastError}`;
    rows.push(['sink', `${sink.kind}, ${sink.state}${most}${trouble}`]);
  }
  if (spool !== undefined && spool !== null) {
    rows.push([
      'spool',
      `${count(spool.records)} records, ${mebibytes(spool.bytes)} of ${mebibytes(spool.maxBytes)}`,
    ]);
  }
  if (listeners !== undefined) {
    rows.push([
      'listeners',
      listeners
        .map(
          ({ id, state, restarts }) =>
            `listener ${id} ${state}${restarts === 0 ? '' : ` (replaced: ${restarts})`}`,
        )
        .join(', '),
    ]);
  }
  return rows;
}

/** What happened a second between two looks. */
export interface Rates {
  readonly requests: number;
  readonly delivered: number;
  readonly dropped: number;
}

type Counts = NonNullable<Stats['ledger']>[string] | undefined;
const total = (counts: Counts): number =>
  typeof counts === 'object' ? Object.values(counts).reduce((sum, value) => sum + value, 0) : (counts ?? 0);

/** Undefined where the server was started anew between the two. */
export function ratesBetween(before: Stats, after: Stats, seconds: number): Rates | undefined {
  if (before.boot !== after.boot || seconds <= 0) return undefined;
  const rate = (read: (stats: Stats) => number): number =>
    Math.round(((read(after) - read(before)) / seconds) * 10) / 10;
  return {
    requests: rate(({ requests }) => requests?.total ?? 0),
    delivered: rate(({ ledger }) => total(ledger?.delivered)),
    dropped: rate(({ ledger }) => total(ledger?.dropped)),
  };
}

const perSecond = (rate: number | undefined): string =>
  rate === undefined ? '' : ` (${rate.toLocaleString('en-US', { maximumFractionDigits: 0 })}/s)`;

/** The table, with rates where they are known. */
export const styledRows = (stats: Stats, rates?: Rates): [name: string, value: string][] =>
  statusRows(stats).map(([name, value]) => {
    const rate = rates?.[name.replace('ledger ', '') as keyof Rates];
    return [styled('bold', name), value + perSecond(rate)];
  });

/** The same on one line, for what is no terminal. */
export function statusLine({ state, requests, ledger, queue, sink, spool }: Stats, rates?: Rates): string {
  return [
    state ?? 'unknown',
    `requests ${count(requests?.total ?? 0)}${perSecond(rates?.requests)}`,
    `delivered ${count(total(ledger?.delivered))}${perSecond(rates?.delivered)}`,
    `dropped ${count(total(ledger?.dropped))}${perSecond(rates?.dropped)}`,
    ...(queue === undefined ? [] : [`queued ${mebibytes(queue.bytes)} of ${mebibytes(queue.maxBytes)}`]),
    ...(spool ? [`spooled ${count(spool.records)}`] : []),
    ...(sink === undefined ? [] : [`${sink.kind} ${sink.state}`]),
  ].join('  ');
}
