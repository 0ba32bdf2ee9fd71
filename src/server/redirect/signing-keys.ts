/**
 * Keys with which targets are signed, from a file (YAML or JSON): ids, and keys of at least 16 bytes as base64url. Several may be
 * there at once, so that a new one can be brought in before the old one goes.
 */
import { readFileSync } from 'node:fs';
import { CORE_SCHEMA, load } from 'js-yaml';
import { reasonOf, userError } from '../../errors.ts';
import type { SigningKeys } from './dynamic-target.ts';

const MIN_KEY_BYTES = 16;
const ID = /^[A-Za-z0-9_-]+$/;
const KEY = /^[A-Za-z0-9_-]+$/;

/**
 * Reads a file of keys.
 * @throws RedirectorError SIGNING_KEYS_INVALID, which never shows a key
 */
export function readSigningKeys(path: string): SigningKeys {
  const invalid = (reason: string): Error => userError('SIGNING_KEYS_INVALID', { path, reason });
  let entries: unknown;
  try {
    entries = load(readFileSync(path, 'utf8'), { schema: CORE_SCHEMA });
  } catch (error) {
    // Of a YAML error the first line: the rest shows what stands there.
    throw invalid(reasonOf(error).split('\n')[0]!);
  }
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    throw invalid('it is not a map of ids to keys');
  }
  const keys = new Map<string, Uint8Array>();
  for (const [id, text] of Object.entries(entries)) {
    if (!ID.test(id)) throw invalid(`"${id}" cannot be an id: letters, digits, _ and - can`);
    const key = typeof text === 'string' && KEY.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
    if (key.length < MIN_KEY_BYTES)
      throw invalid(`the key "${id}" is not base64url of at least ${MIN_KEY_BYTES} bytes`);
    keys.set(id, new Uint8Array(key));
  }
  if (keys.size === 0) throw invalid('it has no key');
  return keys;
}
