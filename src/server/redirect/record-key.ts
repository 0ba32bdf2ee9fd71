/** The key of a record, by the option `record.key`: what Kafka places it by. */
import type { Config } from '../../config.ts';
import { givesField, KEY_FIELD_PREFIX, type KeyField } from '../../field-names.ts';
import { bareAddress } from '../../hosts.ts';
import { type Access, textOfBytes } from '../queue/access-record.ts';

/** What a key is made from. */
export type Keyed = Pick<Access, 'clickId' | 'host' | 'path' | 'remoteAddress' | 'fields'> & {
  /** The rule's name. */
  readonly rule: string | undefined;
};

/** The text of a key; undefined: the record has none. */
type KeyText = (keyed: Keyed) => string | undefined;

const ofBytes = (latin1: string | undefined): string | undefined =>
  latin1 === undefined ? undefined : textOfBytes(latin1);

/** Fields that every record can have; of an address its port is left out, which is another with each connection. */
const builtIn: Readonly<Record<KeyField, KeyText>> = {
  host: ({ host }) => ofBytes(host),
  path: ({ path }) => ofBytes(path),
  remote_address: ({ remoteAddress }) => (remoteAddress === '' ? undefined : bareAddress(remoteAddress)),
};

function keyText({ 'record.key': key, 'record.fields': fields = [] }: Config): KeyText {
  if (key === 'rule') return ({ rule }) => rule;
  if (key === 'click_id') return ({ clickId }) => clickId;
  const name = key.slice(KEY_FIELD_PREFIX.length);
  const isOwn = fields.some((field) => givesField(field, name));
  if (!isOwn) return builtIn[name as KeyField];
  return (keyed) => ofBytes(keyed.fields?.find(([field]) => field === name)?.[1]);
}

/** Whether a record has a click id also where its target has none. */
export const everyHasClickId = (config: Config): boolean =>
  config['record.clickId'] === 'always' || config['record.key'] === 'click_id';

/** Makes the key of a record, null where it has none; undefined: no record has one. */
export function recordKey(config: Config): ((keyed: Keyed) => Uint8Array | null) | undefined {
  if (config['record.key'] === 'none') return undefined;
  const textOf = keyText(config);
  return (keyed) => {
    const text = textOf(keyed);
    return text === undefined ? null : Buffer.from(text);
  };
}
