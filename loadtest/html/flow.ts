/** The reconciliation as a picture: where requests went, column by column, in bands as wide as their numbers. */
import { whole } from '../format.ts';
import { foundWhere, inSpoolAlone } from '../reconcile.ts';
import type { LoadtestReport } from '../report.ts';
import { html, type Markup } from './markup.ts';

export interface FlowNode {
  readonly name: string;
  readonly count: number;
  readonly kind: 'good' | 'bad' | 'waiting' | 'plain';
  /** The node of the column before that it comes from, by its place there. */
  readonly from: number;
}

export type Flow = readonly (readonly FlowNode[])[];

type Accounts = Pick<LoadtestReport, 'sent' | 'answered' | 'server' | 'topic' | 'overflow'>;

/**
 * Requests, answers, what the server offered to its log, what became of that, and what was found. What is in a column
 * adds up to what it comes from: what is missing is a node of its own.
 */
export function flowOf({ sent, answered, server, topic, overflow }: Accounts): Flow {
  const present = (nodes: readonly FlowNode[]): readonly FlowNode[] =>
    nodes.filter(({ count }, index) => index === 0 || count !== 0);
  const columns: (readonly FlowNode[])[] = [
    [{ name: 'sent', count: sent, kind: 'plain', from: 0 }],
    present([
      { name: 'answered', count: answered, kind: 'good', from: 0 },
      { name: 'no answer', count: sent - answered, kind: 'bad', from: 0 },
    ]),
  ];
  if (server === null) return columns;
  const { offered, delivered, spooled, dropped, queued, inFlight } = server;
  columns.push(
    present([
      { name: 'offered to the log', count: offered, kind: 'good', from: 0 },
      { name: 'not offered', count: Math.max(0, answered - offered), kind: 'bad', from: 0 },
    ]),
  );
  const drops = Object.entries(dropped).map(
    ([reason, count]) => ({ name: `dropped: ${reason}`, count, kind: 'bad', from: 0 }) as const,
  );
  const settled = delivered + spooled + queued + inFlight + sum(drops);
  const main: readonly FlowNode[] = [
    { name: 'delivered', count: delivered, kind: 'good', from: 0 },
    { name: 'in the spool', count: spooled, kind: 'good', from: 0 },
  ];
  const outcomes = [
    ...main.filter(({ count }) => count !== 0),
    ...drops,
    ...[
      { name: 'queued', count: queued, kind: 'waiting', from: 0 } as const,
      { name: 'in flight', count: inFlight, kind: 'waiting', from: 0 } as const,
      { name: 'of before the run, or unaccounted', count: offered - settled, kind: 'bad', from: 0 } as const,
    ].filter(({ count }) => count !== 0),
  ];
  columns.push(outcomes);
  if (topic?.found == null) return columns;
  const found = (outcome: string, name: string, count: number): FlowNode[] => {
    const from = outcomes.findIndex(({ name }) => name === outcome);
    return from === -1 ? [] : [{ name, count, kind: 'good', from }];
  };
  const where = topic.kind === 'stdout' ? 'found' : `found ${foundWhere[topic.kind]}`;
  const finds = found(topic.kind === 'spool' ? 'in the spool' : 'delivered', where, topic.found);
  if (overflow !== null) finds.push(...found('in the spool', 'found in the spool', inSpoolAlone(overflow)));
  const [first] = finds;
  if (first === undefined) return columns;
  // What is played back meanwhile counts as spooled still, and is found in the topic: only the sums have to agree.
  const missing = sum(finds.map(({ from }) => outcomes[from]!)) - sum(finds);
  columns.push(
    present([...finds, { name: 'not found', count: Math.max(0, missing), kind: 'bad', from: first.from }]),
  );
  return columns;
}

const sum = (nodes: readonly FlowNode[]): number => nodes.reduce((total, { count }) => total + count, 0);

/** The sums that the picture shows, in words and numbers. */
export function flowSums(flow: Flow): readonly string[] {
  const item = ({ count, name }: FlowNode): string => `${whole(count)} ${name}`;
  return flow.slice(1).map((column, index) => {
    const sources = [...new Set(column.map(({ from }) => from))].map((from) => flow[index]![from]!);
    const more = sum(column) - sum(sources);
    const [whence, parts] = [sources, column].map((nodes) => nodes.map(item).join(' + '));
    return more > 0 ? `${parts} = ${whence} + ${whole(more)} more` : `${whence} = ${parts}`;
  });
}

const WIDTH = 760;
const BAR = 12;
const TALLEST = 150;
/** A node's label has two lines. */
const LEAST_SLOT = 36;

interface Placed extends FlowNode {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export function flowPicture(flow: Flow): Markup {
  const most = Math.max(1, ...flow.flat().map(({ count }) => count));
  const step = (WIDTH - 120) / Math.max(1, flow.length - 1);
  const placed = flow.map((column, index) => {
    let y = 8;
    return column.map((node): Placed => {
      const height = Math.max(2, (TALLEST * Math.abs(node.count)) / most);
      const place = { ...node, x: index * step, y, height };
      y += Math.max(LEAST_SLOT, height + 12);
      return place;
    });
  });
  const lowest = Math.max(...placed.flat().map(({ y, height }) => y + Math.max(LEAST_SLOT, height)));
  const bands = placed.slice(1).flatMap((column, index) => {
    let offset = 0;
    return column.map((node) => {
      const source = placed[index]![node.from]!;
      const top = source.y + offset;
      offset = Math.min(source.height, offset + node.height);
      return html`<path class="band ${node.kind}" d="${band(source.x + BAR, top, node.x, node.y, node.height)}"/>`;
    });
  });
  const nodes = placed.flat().map(
    ({ name, count, kind, x, y, height }) => html`<g data-node="${name}" data-count="${count}">
<rect class="node ${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"/>
<text class="label" x="${(x + BAR + 5).toFixed(1)}" y="${(y + 12).toFixed(1)}">${name}</text>
<text class="label number" x="${(x + BAR + 5).toFixed(1)}" y="${(y + 27).toFixed(1)}">${whole(count)}</text></g>`,
  );
  const sums = flowSums(flow);
  return html`<figure class="flow"><svg viewBox="0 0 ${WIDTH} ${Math.ceil(lowest + 8)}" role="img" aria-label="${sums.join('; ')}">${bands}${nodes}</svg>
<ul class="sums">${sums.map((sum) => html`<li>${sum}</li>`)}</ul></figure>`;
}

/** A band of one height from the right of one bar to the left of another. */
function band(x1: number, y1: number, x2: number, y2: number, height: number): string {
  const middle = (x1 + x2) / 2;
  const n = (value: number): string => value.toFixed(1);
  return `M${n(x1)},${n(y1)} C${n(middle)},${n(y1)} ${n(middle)},${n(y2)} ${n(x2)},${n(y2)} V${n(y2 + height)} C${n(middle)},${n(y2 + height)} ${n(middle)},${n(y1 + height)} ${n(x1)},${n(y1 + height)} Z`;
}
