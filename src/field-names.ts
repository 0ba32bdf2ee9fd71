/** Fields of click records, as options name them. */

/** Fields of records: a name, what it is taken from, and its name there. */
export const FIELD = /^([a-z][a-z0-9_]*)=(header|query|value):(.+)$/i;
/** All query parameters whose names begin so, under their own names. */
export const PARAMETERS = /^query:([\w.-]+)\*$/;

/** The name that an item of `record.fields` gives, or how names begin: with a `*` at the end. */
export const fieldName = (item: string): string => FIELD.exec(item)?.[1] ?? `${PARAMETERS.exec(item)![1]}*`;

/** Whether an item of `record.fields` can give a field of this name. */
export function givesField(item: string, name: string): boolean {
  const own = fieldName(item);
  return own.endsWith('*') ? name.startsWith(own.slice(0, -1)) : name === own;
}

/** Fields that every record can have, of which one can be its key. */
export const KEY_FIELDS = ['host', 'path', 'remote_address'] as const;
export type KeyField = (typeof KEY_FIELDS)[number];
export const KEY_FIELD_PREFIX = 'field:';
