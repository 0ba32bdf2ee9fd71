/** The record of one answer, as JSON (docs/record.schema.json). Written by hand: this runs once for every request. */
import type { Config } from '../../config.ts';

/** What a record tells. Absent fields are left out of the JSON. */
export interface Access {
  /** Wall-clock ms. */
  readonly time: number;
  readonly method: string;
  /** As sent, with the query; a string of bytes (latin1), as node:http gives it. */
  readonly path: string;
  readonly host: string | undefined;
  readonly status: number;
  /** What the rule adds: `"rule":"...","location":"..."` in parts; see ruleFields. */
  readonly ruleJson: string;
  /** The id of the click, where the target has it or every record is to have one. */
  readonly clickId: string | undefined;
  /** `ip:port`, an address alone, or a hash; empty where it is not known or not told. */
  readonly remoteAddress: string;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  /** Why it is no click; undefined: it is one. */
  readonly noClick: string | undefined;
  /** More fields: names and values as they came. */
  readonly fields: readonly (readonly [string, string])[] | undefined;
}

/** Makes the JSON of records with ids `{boot}-{listener}-{sequence}`. */
export type RecordFormat = (access: Access, sequence: number) => string;

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A JSON string of text that came over HTTP as bytes: valid UTF-8 stands as it is, other bytes percent-encoded. */
export function quoteBytes(latin1: string): string {
  return PLAIN.test(latin1) ? `"${latin1}"` : JSON.stringify(textOfBytes(latin1));
}

/** The text that such a string is. */
export const textOfBytes = (latin1: string): string => decodeUtf8(Buffer.from(latin1, 'latin1'));

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8; each byte that is not part of a valid sequence becomes %XX. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length === 0) text += `%${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`;
      else text += strict.decode(bytes.subarray(at, at + length));
      at += Math.max(1, length);
    }
    return text;
  }
}

/** Bytes of the valid UTF-8 sequence at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length <= 1) return length;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}

let cachedTime = 0;
let cachedText = '';

/** RFC 3339 with milliseconds, UTC. Many requests share one millisecond. */
function timeText(ms: number): string {
  if (ms !== cachedTime) {
    cachedTime = ms;
    cachedText = new Date(ms).toISOString();
  }
  return cachedText;
}

/**
 * The part of a record that depends on the rule and its target, made once where that is the same for every request. Begins
 * with a comma.
 */
export function ruleFields(rule: string | undefined, location: string | undefined): string {
  const json = rule === undefined ? '' : `,"rule":${JSON.stringify(rule)}`;
  return location === undefined ? json : `${json},"location":${JSON.stringify(location)}`;
}

const fieldsJson = (fields: readonly (readonly [string, string])[]): string =>
  `,"fields":{${fields.map(([name, value]) => `${quoteBytes(name)}:${quoteBytes(value)}`).join(',')}}`;

function clickFormat(boot: string, listener: number): RecordFormat {
  const idPrefix = `{"id":"${boot}-${listener}-`;
  return (access, sequence) => {
    let json = `${idPrefix}${sequence}","time":"${timeText(access.time)}","method":"${access.method}","path":${quoteBytes(access.path)}`;
    if (access.host !== undefined) json += `,"host":${quoteBytes(access.host)}`;
    json += `,"status":${access.status}${access.ruleJson}`;
    if (access.clickId !== undefined) json += `,"click_id":"${access.clickId}"`;
    if (access.remoteAddress !== '') json += `,"remote_address":"${access.remoteAddress}"`;
    if (access.userAgent !== undefined) json += `,"user_agent":${quoteBytes(access.userAgent)}`;
    if (access.referer !== undefined) json += `,"referer":${quoteBytes(access.referer)}`;
    json +=
      access.noClick === undefined ? ',"click":true' : `,"click":false,"click_reason":"${access.noClick}"`;
    if (access.fields !== undefined) json += fieldsJson(access.fields);
    if (access.requestId !== undefined) json += `,"request_id":"${access.requestId}"`;
    if (access.traceId !== undefined) json += `,"trace_id":"${access.traceId}"`;
    if (access.spanId !== undefined) json += `,"span_id":"${access.spanId}"`;
    return `${json}}`;
  };
}

/** As Go's encoding/json writes strings: `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export const goQuote = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function goCompatFormat(runtimeParam: string, asyncParam: string): RecordFormat {
  const prefix = `{"runtime_param":${goQuote(runtimeParam)},"async_param":${goQuote(asyncParam)},"remote_address":"`;
  return (access) => `${prefix}${access.remoteAddress}"}`;
}

/** The format that the configuration asks for, for one listener. */
export function recordFormat(config: Config, boot: string, listener: number): RecordFormat {
  return config['record.format'] === 'go-compat'
    ? goCompatFormat(config['record.runtimeParam'], config['record.asyncParam'])
    : clickFormat(boot, listener);
}
