/** What somebody probably meant by a value that an option does not take: `10` for a time, `64mb` for a size. */
import type { OptionType } from './option-type.ts';

/** How units are written elsewhere, in lower case. */
const UNITS: Readonly<Record<string, string>> = {
  b: 'B',
  byte: 'B',
  k: 'KiB',
  kb: 'kB',
  kib: 'KiB',
  m: 'MiB',
  mb: 'MB',
  mib: 'MiB',
  g: 'GiB',
  gb: 'GB',
  gib: 'GiB',
};
const TIMES: Readonly<Record<string, string>> = {
  ms: 'ms',
  msec: 'ms',
  milli: 'ms',
  millisecond: 'ms',
  s: 's',
  sec: 's',
  second: 's',
  m: 'm',
  min: 'm',
  minute: 'm',
  h: 'h',
  hour: 'h',
  d: 'd',
  day: 'd',
};

function withUnit(
  text: string,
  units: Readonly<Record<string, string>>,
  common: readonly string[],
): string[] {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  if (number === undefined) return [];
  if (unit === '') return common.map((one) => number + one);
  const lower = unit.toLowerCase();
  const known = units[lower] ?? units[lower.replace(/s$/, '')];
  return known === undefined ? [] : [number + known];
}

/** A number that is probably in the smallest unit already. */
const isLarge = (text: string): boolean => Number(text) >= 10_000;

/** By the name of the kind of value; what comes out is offered only where the option takes it. */
const repairs: Readonly<Record<string, (text: string) => string[]>> = {
  size: (text) => withUnit(text, UNITS, isLarge(text) ? ['B'] : ['KiB', 'MiB']),
  duration: (text) => withUnit(text, TIMES, isLarge(text) ? ['ms'] : ['ms', 's']),
  URL: (text) => (text.includes('://') ? [] : [`https://${text.replace(/^\/*/, '')}`]),
  brokers: (text) => [
    text
      .split(/[,;\s]+/)
      .map((broker) => broker.replace(/^[a-z+]+:\/\//i, ''))
      .map((broker) => (/^\d+$/.test(broker) ? `localhost:${broker}` : broker))
      .map((broker) => (/:\d+$/.test(broker) ? broker : `${broker.replace(/:$/, '')}:9092`))
      .join(','),
  ],
  ratio: (text) => (/^\d+(\.\d+)?%$/.test(text) ? [String(Number(text.slice(0, -1)) / 100)] : []),
  boolean: (text) => {
    if (/^(yes|on|1)$/i.test(text)) return ['true'];
    return /^(no|off|0)$/i.test(text) ? ['false'] : [text.toLowerCase()];
  },
};

/** " Did you mean ...?" where that can be told, else nothing. */
export function valueSuggestion(
  { name, parse }: Pick<OptionType<unknown>, 'name' | 'parse'>,
  raw: unknown,
): string {
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') return '';
  const meant = (repairs[name]?.(String(raw)) ?? []).filter((one) => parse(one) !== undefined);
  return meant.length === 0 ? '' : ` Did you mean ${meant.join(' or ')}?`;
}
