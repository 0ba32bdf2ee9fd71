/** JSON Schema for the kinds of value an option can have, for what checks a configuration without Redirector. */

/** The part of JSON Schema that options need. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | number | boolean)[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
}

export const someText: JsonSchema = { type: 'string', minLength: 1 };

/** Text of a pattern, which must be one that RE2 knows too. */
export const matching = (pattern: RegExp): JsonSchema => ({ type: 'string', pattern: pattern.source });

/** A number with one of these units. */
export const quantityOf = (units: object): JsonSchema => ({
  anyOf: [
    { enum: [0, '0'] },
    { type: 'string', pattern: `^\\d+(\\.\\d+)? ?(${Object.keys(units).join('|')})$` },
  ],
});
