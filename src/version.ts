/** The version of this package, from its package.json (beside src/ in a checkout, beside dist/ when installed). */
import { readFileSync } from 'node:fs';

/** Reads the version, e.g. "0.1.0". */
export function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
