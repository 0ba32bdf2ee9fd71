/** Values as people read them. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
/** @param {number} digits */
const upTo = (digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits });
const tenths = upTo(1);
const hundredths = upTo(2);

/** @param {number} value */
export const count = (value) => whole.format(value);

/** @param {number} value a second */
export const rate = (value) => (value >= 10 || value === 0 ? whole : tenths).format(value);

/** @param {number} value */
export const recordRate = (value) => `${count(value)} records/s`;

/**
 * Nothing and all are said of nothing and all alone.
 * @param {number} share 0 to 1
 */
export function percent(share) {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share < 1 && share >= 0.9995) return '> 99.9 %';
  return `${tenths.format(share * 100)} %`;
}

/** @param {number} value */
export function milliseconds(value) {
  if (value < 1) return `${hundredths.format(value)} ms`;
  return value < 1000 ? `${tenths.format(value)} ms` : `${hundredths.format(value / 1000)} s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @param {number} value */
export function bytes(value) {
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < UNITS.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${(left >= 100 || unit === 0 ? whole : tenths).format(left)} ${UNITS[unit]}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 10) return `${(seconds === 0 ? whole : tenths).format(seconds)} s`;
  if (seconds < 120) return `${whole.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param {string | number} moment RFC 3339, or Unix ms */
export const time = (moment) =>
  new Date(moment).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'medium' });

/** @param {number} moment Unix ms */
export const minute = (moment) => new Date(moment).toLocaleTimeString('en-GB', { timeStyle: 'short' });

/** @param {string | number} moment RFC 3339, or Unix ms */
export const clock = (moment) => new Date(moment).toLocaleTimeString('en-GB');

/** States and levels with a sign, so that colour is not all that tells them apart. */
const SIGNS = {
  good: ['serving', 'connected', 'running', 'up', 'ready', 'info'],
  poor: ['connecting', 'draining', 'starting', 'restarting', 'warn'],
};

/** @param {string} state */
export function mood(state) {
  if (SIGNS.good.includes(state)) return 'good';
  if (SIGNS.poor.includes(state)) return 'poor';
  return state === 'unused' || state === 'stopped' ? 'none' : 'bad';
}

/** @param {string} name e.g. leader_failing */
export const words = (name) => name.replaceAll('_', ' ');
