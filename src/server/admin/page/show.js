/** Puts values into the document: single ones by their `data-show`, and rows of tables. Nothing is written that stands there already. */
import * as format from './format.js';

/** Forms of values, by name. @type {Readonly<Record<string, (value: any) => string>>} */
const forms = { text: String, ...format };

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows in each element with `data-show="path"` the value at that path, in the form of `data-as`; for null, `data-none`.
 * `data-value` is the value as it came.
 * @param {object} values
 */
export function showValues(values) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-show]'))) {
    const { show = '', as = 'text', none = '–' } = element.dataset;
    const value = show.split('.').reduce((part, name) => part?.[name], /** @type {any} */ (values)) ?? null;
    element.dataset.value = String(value);
    if (as === 'state') showState(element, value);
    else setText(element, value === null ? none : (forms[as]?.(value) ?? ''));
  }
}

/**
 * A state with a sign before it, so that colour is not all that tells it apart.
 * @param {HTMLElement} element
 * @param {string} state
 */
export function showState(element, state) {
  element.classList.add('state');
  element.dataset.mood = format.mood(state);
  setText(element, format.words(state));
}

/** A text, a state, or a text with something small below it. @typedef {string | number | { text?: string, state?: string, more?: string }} Cell */

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * Fills a table; the first cell of each row is its heading.
 * @param {string} id of its body
 * @param {readonly (readonly Cell[])[]} rows
 */
export function showRows(id, rows) {
  const body = byId(id);
  const key = JSON.stringify(rows);
  if (shown.get(body) === key) return;
  shown.set(body, key);
  const numeric = [...(body.closest('table')?.querySelectorAll('thead th') ?? [])].map(
    (heading) => heading.className,
  );
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr');
      row.append(...cells.map((cell, column) => makeCell(cell, column === 0, numeric[column] ?? '')));
      return row;
    }),
  );
}

/**
 * @param {Cell} cell
 * @param {boolean} isHeading
 * @param {string} className
 */
function makeCell(cell, isHeading, className) {
  const element = document.createElement(isHeading ? 'th' : 'td');
  if (isHeading) element.setAttribute('scope', 'row');
  element.className = className;
  if (typeof cell !== 'object') element.textContent = String(cell);
  else if (cell.text === undefined) showState(element, cell.state ?? '');
  else {
    const below = document.createElement('small');
    if (cell.state === undefined) below.textContent = cell.more ?? '';
    else showState(below, cell.state);
    element.append(cell.text, below);
  }
  return element;
}

/**
 * A bar that is filled to a share, with a mark at another one.
 * @param {string} id
 * @param {string} label what it says to those who cannot see it
 * @param {number} share
 * @param {number} [mark]
 */
export function showBar(id, label, share, mark = 0) {
  const bar = byId(id);
  bar.setAttribute('aria-label', label);
  const [fill, high] = /** @type {HTMLCollectionOf<HTMLElement>} */ (bar.children);
  if (fill !== undefined) fill.style.inlineSize = `${share * 100}%`;
  if (high !== undefined) high.style.insetInlineStart = `${mark * 100}%`;
}
