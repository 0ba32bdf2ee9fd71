/** The version of this package, from its package.json. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Reads the version, e.g. "0.1.0". */
export function version(): string {
  const manifest = readFileSync(findPackageJSON(import.meta.url)!, 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
