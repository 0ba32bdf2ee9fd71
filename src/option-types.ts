/**
 * The kinds of value an option can have. Each reads what a flag, an environment variable (always text) or a file
 * (text, number, boolean, list) gives, and says in one phrase what it allows.
 */
import { isIP } from 'node:net';
import { FIELD, PARAMETERS } from './field-names.ts';
import { matching, quantityOf, someText } from './json-schema.ts';
import { isNetwork } from './networks.ts';
import { define, list, type OptionType, ofPattern, toNumber } from './option-type.ts';

const SIZE_UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9 } as const;
const DURATION_UNITS = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 } as const;

function quantity(units: Readonly<Record<string, number>>, raw: unknown): number | undefined {
  if (raw === 0 || raw === '0') return 0;
  const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)$/.exec(raw) : null;
  const unit = match === null ? undefined : units[match[2]!];
  return unit === undefined ? undefined : Math.round(Number(match![1]) * unit);
}

/** The shortest exact form, e.g. 65536 -> "64KiB". */
function showQuantity(units: readonly (readonly [string, number])[], value: number): string {
  const [name, size] = units.findLast(([, unit]) => value >= unit && value % unit === 0) ?? units[0]!;
  return `${value / size}${name}`;
}

export const text = define('text', 'text', { type: ['string', 'number'] }, (raw) =>
  typeof raw === 'string' ? raw : typeof raw === 'number' ? String(raw) : undefined,
);

export const nonEmptyText = define('text', 'text of at least one character', someText, (raw) =>
  typeof raw === 'string' && raw !== '' ? raw : undefined,
);

/** A query parameter's name that needs no percent-encoding. */
export const queryName = ofPattern('name', 'a name of letters, digits, _, . and -', /^[A-Za-z0-9_.-]+$/);

/** A header's value (RFC 9110, 5.5); empty means that the header is not sent. */
export const headerText = ofPattern('text', 'printable ASCII text', /^[\x20-\x7e]*$/);

/** A Kafka topic's legal name (Kafka: org.apache.kafka.common.internals.Topic). */
export const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
export const TOPIC_NAME_EXPECTS = 'a Kafka topic name (1 to 249 of a-z A-Z 0-9 . _ -)';

export const topicName: OptionType<string> = {
  ...ofPattern('topic', TOPIC_NAME_EXPECTS, TOPIC_NAME),
  // Without what Go's regular expressions do not have: Helm reads it with them.
  json: matching(/^[A-Za-z0-9._-]{1,249}$/),
};

/** A setting of a topic: Kafka's name and the value, as Kafka writes it. Stands in no file. */
export const topicSetting: OptionType<readonly [name: string, value: string]> = {
  name: 'setting',
  expects: 'a setting as NAME=VALUE, such as segment.ms=86400000',
  parse: (raw) => {
    const [, name, value] = typeof raw === 'string' ? (/^([a-z][a-z0-9.]*)=(.+)$/s.exec(raw) ?? []) : [];
    return name === undefined ? undefined : ([name, value!] as const);
  },
  show: ([name, value]) => `${name}=${value}`,
};

export const boolean = define('boolean', 'true or false', { enum: [true, false, 'true', 'false'] }, (raw) =>
  raw === true || raw === 'true' ? true : raw === false || raw === 'false' ? false : undefined,
);

/** Bytes. */
export const size = define(
  'size',
  'a size with its unit, such as 64MiB (B, KiB, MiB, GiB, kB, MB, GB)',
  quantityOf(SIZE_UNITS),
  (raw) => quantity(SIZE_UNITS, raw),
  (value) => showQuantity(Object.entries(SIZE_UNITS).slice(0, 4), value),
);

/** Milliseconds. */
export const duration = define(
  'duration',
  'a time with its unit, such as 250ms, 2s or 1m (ms, s, m, h, d)',
  quantityOf(DURATION_UNITS),
  (raw) => quantity(DURATION_UNITS, raw),
  (value) => showQuantity(Object.entries(DURATION_UNITS), value),
);

export const integer = (min: number, max: number): OptionType<number> =>
  define(
    'integer',
    `a whole number from ${min} to ${max}`,
    { type: 'integer', minimum: min, maximum: max },
    (raw) => {
      const value = toNumber(raw);
      return value !== undefined && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined;
    },
  );

export const port = integer(0, 65535);

export const ratio = define(
  'ratio',
  'a number from 0 to 1',
  { type: 'number', minimum: 0, maximum: 1 },
  (raw) => {
    const value = toNumber(raw);
    return value !== undefined && value >= 0 && value <= 1 ? value : undefined;
  },
);

export function oneOf<const T extends string | number>(...values: readonly T[]): OptionType<T> {
  return define(
    'choice',
    `one of ${values.join(', ')}`,
    // A file has the choice 1 as text or as a number.
    {
      enum: values.flatMap((value) =>
        Number.isNaN(Number(value)) ? [value] : [String(value), Number(value)],
      ),
    },
    (raw) => values.find((value) => String(value) === String(raw)),
  );
}

/** A count, or `auto`. */
export const countOrAuto = define(
  'count',
  'a whole number from 1 to 64, or auto',
  { anyOf: [{ enum: ['auto'] }, { type: 'integer', minimum: 1, maximum: 64 }] },
  (raw) => {
    if (raw === 'auto') return 'auto' as const;
    const value = toNumber(raw);
    return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 64 ? value : undefined;
  },
);

/** An absolute http(s) URL, kept byte for byte as it was written. */
export const httpUrl = define(
  'URL',
  'an absolute http:// or https:// URL without spaces or control characters',
  matching(/^[hH][tT][tT][pP][sS]?:\/\/[\x21-\x7e]+$/),
  (raw) => {
    if (typeof raw !== 'string' || !/^https?:\/\/[\x21-\x7e]+$/i.test(raw)) return undefined;
    const url = URL.parse(raw);
    return url === null || url.hostname === '' ? undefined : raw;
  },
);

/** A path, or an http(s) URL with a host. */
export const pathOrUrl = define(
  'URL',
  'a path that begins with /, or an http:// or https:// URL',
  someText,
  (raw) => {
    if (typeof raw !== 'string') return undefined;
    if (raw.startsWith('/')) return raw;
    return /^https?:\/\/[^/?#]/i.test(raw) && URL.canParse(raw) ? raw : undefined;
  },
);

/** A method as requests have it (RFC 9110, 9.1). */
export const httpMethod = ofPattern('method', 'a method in capitals, such as GET', /^[A-Z]+$/);

/** A header: its name in lower case, and its value. */
export const header = define(
  'header',
  'a header as NAME:VALUE',
  someText,
  (raw) => {
    const [, name, value] =
      typeof raw === 'string' ? (/^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(raw) ?? []) : [];
    return name === undefined ? undefined : ([name.toLowerCase(), value!] as const);
  },
  ([name, value]) => `${name}: ${value}`,
);

export const ipAddress = define('address', 'an IPv4 or IPv6 address', someText, (raw) =>
  typeof raw === 'string' && isIP(raw) !== 0 ? raw : undefined,
);

/** RFC 3339; the seconds may be left out. */
const MOMENT =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Date.parse takes the 31st of any month. */
function isDate(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** A point in time; milliseconds since 1970. */
export const moment = define(
  'time',
  'a time such as 2026-12-24T18:00:00Z',
  someText,
  (raw) => {
    const date = typeof raw === 'string' ? MOMENT.exec(raw)?.[1] : undefined;
    return date !== undefined && isDate(date) ? Date.parse(raw as string) : undefined;
  },
  (value) => new Date(value).toISOString(),
);

/** One Kafka bootstrap address; IPv6 in brackets. */
const BROKER = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]):(\d{1,5})$/i;

export const brokerList = list(
  'brokers',
  'a comma-separated list of host:port, such as kafka-1:9092,kafka-2:9092',
  (item) => {
    const port = BROKER.exec(item)?.[1];
    return port !== undefined && Number(port) >= 1 && Number(port) <= 65535;
  },
);

/** Addresses and networks. */
export const networkList = list(
  'networks',
  'a comma-separated list of addresses and networks, such as 10.0.0.0/8,::1',
  isNetwork,
);

export const nameList = list('names', 'a comma-separated list of names', (item) => item !== '');

/** A key of records: a word, or the name of a field. */
export const recordKey = ofPattern(
  'key',
  'none, rule, click_id or field:NAME',
  /^(none|rule|click_id|field:[A-Za-z0-9_.-]+)$/,
);

export const fieldList = list(
  'fields',
  'a comma-separated list such as country=header:cf-ipcountry,source=query:utm_source,query:utm_*,region=value:eu',
  (item) => FIELD.test(item) || PARAMETERS.test(item),
);
