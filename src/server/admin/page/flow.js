/** The ledger as a picture: what came in, on the left, flows into what became of it; bands are as thick as their share. */
import { count, percent, words } from './format.js';
import { byId } from './show.js';

/** Height of all records together, and the least height of one outcome: its label must fit. */
const TOTAL_HEIGHT = 130;
const ROW_HEIGHT = 36;
/** A band of few records can still be seen. */
const LEAST_BAND = 1.5;

/** @typedef {{ readonly name: string, readonly reason?: string, readonly value: number, readonly kind: string }} Node */

/** @param {import('../stats.ts').Stats['ledger']} ledger */
function flowOf(ledger) {
  /** @type {Node[]} */
  const into = [
    { name: 'inherited', value: ledger.inherited, kind: 'in' },
    { name: 'offered', value: ledger.offered, kind: 'in' },
  ];
  const dropped = Object.entries(ledger.dropped).map(([reason, value]) => ({
    name: 'dropped',
    reason: words(reason),
    value,
    kind: 'dropped',
  }));
  /** @type {Node[]} */
  const out = [
    { name: 'delivered', value: ledger.delivered, kind: 'delivered' },
    ...(dropped.length > 0 ? dropped : [{ name: 'dropped', value: 0, kind: 'dropped' }]),
    { name: 'spooled', value: ledger.spooled, kind: 'spooled' },
    { name: 'queued', value: ledger.queued, kind: 'queued' },
    { name: 'in flight', value: ledger.inFlight, kind: 'flight' },
    { name: 'unaccounted', value: ledger.unaccounted, kind: 'unaccounted' },
  ];
  return { into, out };
}

/** @param {import('../stats.ts').Stats['ledger']} ledger */
export function showFlow(ledger) {
  const { into, out } = flowOf(ledger);
  const place = byId('flow');
  const width = place.clientWidth;
  const isWide = width > 520;
  const total = ledger.inherited + ledger.offered;
  /** @param {Node} node */
  const share = ({ value }) => (total === 0 ? 0 : Math.abs(value) / total);
  /** @param {Node} node */
  const thickness = (node) => (node.value === 0 ? 0 : Math.max(LEAST_BAND, share(node) * TOTAL_HEIGHT));
  /** @param {Node} node */
  const rowHeight = (node) => Math.max(ROW_HEIGHT, thickness(node));
  const height = Math.max(sumOf(into, rowHeight), sumOf(out, rowHeight));
  const picture = make('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
  const edges = isWide ? { left: 170, right: width - 290 } : { left: 74, right: width - 122 };

  /**
   * @param {readonly Node[]} nodes
   * @param {number} edge
   * @param {'start' | 'end'} anchor of their labels, which stand outside
   */
  const drawSide = (nodes, edge, anchor) => {
    const outward = anchor === 'start' ? 1 : -1;
    let rowTop = (height - sumOf(nodes, rowHeight)) / 2;
    let bandTop = (height - sumOf(nodes, thickness)) / 2;
    for (const node of nodes) {
      const thick = thickness(node);
      const centre = rowTop + rowHeight(node) / 2;
      const top = centre - thick / 2;
      const path = band((edges.left + edges.right) / 2, bandTop, edge, top, thick);
      const end = { x: edge - (anchor === 'end' ? 5 : 0), y: top, width: 5, height: Math.max(1, thick) };
      if (thick > 0) picture.append(make('path', { class: `band ${node.kind}`, d: path }));
      picture.append(
        make('rect', { class: node.kind, ...end }),
        labelOf(node, { x: edge + outward * 11, y: centre, anchor, isWide, share: share(node) }),
      );
      rowTop += rowHeight(node);
      bandTop += thick;
    }
  };
  drawSide(into, edges.left, 'end');
  drawSide(out, edges.right, 'start');
  place.replaceChildren(picture);
}

/**
 * @param {readonly Node[]} nodes
 * @param {(node: Node) => number} measure
 */
const sumOf = (nodes, measure) => nodes.reduce((sum, node) => sum + measure(node), 0);

/**
 * The label of a node: in one line where there is room, else in two.
 * @param {Node} node
 * @param {{ x: number, y: number, anchor: 'start' | 'end', isWide: boolean, share: number }} place
 */
function labelOf({ name, reason, value }, { x, y, anchor, isWide, share }) {
  const label = make('text', { 'text-anchor': anchor, class: value === 0 ? 'empty' : '' });
  if (isWide) {
    const whole = reason === undefined ? name : `${name}: ${reason}`;
    const part = value === 0 || anchor === 'end' ? '' : ` · ${percent(share)}`;
    label.append(make('tspan', { x, y, class: 'value' }, count(value)), ` ${whole}${part}`);
  } else {
    const first = reason === undefined ? count(value) : `${count(value)} ${name}`;
    label.append(
      make('tspan', { x, y: y - 8, class: 'value' }, first),
      make('tspan', { x, y: y + 8, class: 'name' }, reason ?? name),
    );
  }
  return label;
}

/**
 * The outline of a band between two edges.
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} thick
 */
function band(x0, y0, x1, y1, thick) {
  const bend = (x0 + x1) / 2;
  return (
    `M${x0} ${y0}C${bend} ${y0} ${bend} ${y1} ${x1} ${y1}V${y1 + thick}` +
    `C${bend} ${y1 + thick} ${bend} ${y0 + thick} ${x0} ${y0 + thick}Z`
  );
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {string} [text]
 */
function make(name, attributes, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}
