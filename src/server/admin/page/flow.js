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
export function flowOf(ledger) {
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
  const total = ledger.inherited + ledger.offered;
  const place = byId('flow');
  const width = place.clientWidth;
  const isWide = width > 520;
  const leftEdge = isWide ? 170 : 74;
  const rightEdge = width - (isWide ? 290 : 122);
  const middle = (leftEdge + rightEdge) / 2;
  /** @param {number} value */
  const thickness = (value) =>
    value === 0 ? 0 : Math.max(LEAST_BAND, (Math.abs(value) / (total || 1)) * TOTAL_HEIGHT);
  /** @param {readonly Node[]} nodes */
  const heightOf = (nodes) =>
    nodes.reduce((sum, { value }) => sum + Math.max(ROW_HEIGHT, thickness(value)), 0);
  const height = Math.max(heightOf(into), heightOf(out), TOTAL_HEIGHT);

  const picture = make('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
  /**
   * @param {readonly Node[]} nodes
   * @param {number} edge
   * @param {'start' | 'end'} anchor
   */
  const side = (nodes, edge, anchor) => {
    let rowTop = (height - heightOf(nodes)) / 2;
    let bandTop = (height - nodes.reduce((sum, { value }) => sum + thickness(value), 0)) / 2;
    for (const { name, reason, value, kind } of nodes) {
      const thick = thickness(value);
      const row = Math.max(ROW_HEIGHT, thick);
      const top = rowTop + (row - thick) / 2;
      if (thick > 0)
        picture.append(make('path', { class: `band ${kind}`, d: band(middle, bandTop, edge, top, thick) }));
      const outward = anchor === 'start' ? 1 : -1;
      picture.append(
        make('rect', {
          class: `node ${kind}`,
          x: edge - (outward < 0 ? 5 : 0),
          y: top,
          width: 5,
          height: thick || 1,
        }),
      );
      const label = make('text', { 'text-anchor': anchor, class: value === 0 ? 'empty' : '' });
      const share = value === 0 || anchor === 'end' ? '' : ` · ${percent(Math.abs(value) / (total || 1))}`;
      const at = { x: edge + outward * 11, y: rowTop + row / 2 };
      // Beside each other where there is room, else one below the other.
      const first = reason === undefined ? '' : ` ${name}`;
      if (isWide) {
        const whole = reason === undefined ? name : `${name}: ${reason}`;
        label.append(make('tspan', { ...at, class: 'value' }, count(value)), ` ${whole}${share}`);
      } else {
        label.append(
          make('tspan', { x: at.x, y: at.y - 8, class: 'value' }, count(value) + first),
          make('tspan', { x: at.x, y: at.y + 8, class: 'name' }, reason ?? name),
        );
      }
      picture.append(label);
      rowTop += row;
      bandTop += thick;
    }
  };
  side(into, leftEdge, 'end');
  side(out, rightEdge, 'start');
  place.replaceChildren(picture);
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
