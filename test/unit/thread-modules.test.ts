import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../../src/server/', import.meta.url));

/** What a file imports as soon as it is loaded; imports of types are none. */
function importsAtOnce(path: string): string[] {
  const code = stripTypeScriptTypes(readFileSync(path, 'utf8'));
  return [...code.matchAll(/^(?:import|export)(?:\s[^'"(;]*?\sfrom)?\s*['"]([^'"\n]+)['"]/gm)].map(
    (match) => match[1]!,
  );
}

/** Packages, and modules of Node, that a thread loads with its file; what it loads later is not among them. */
function loadedWith(entry: string): Set<string> {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const specifier of importsAtOnce(path)) {
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier));
      else outside.add(specifier);
    }
  };
  visit(join(server, entry));
  return outside;
}

const packagesOf = (loaded: ReadonlySet<string>) =>
  [...loaded].filter((specifier) => !specifier.startsWith('node:')).sort();

// Each thread has a heap of its own, in which each package is loaded again.
describe('a thread loads no package but', () => {
  const threads: readonly [string, readonly string[]][] = [
    ['listener.ts', ['@node-rs/crc32', 'express', 'isbot']],
    ['shipper.ts', ['@node-rs/crc32']],
    ['spooler.ts', ['@node-rs/crc32']],
    ['run-server.ts', ['@node-rs/crc32', 'pino']],
  ];
  for (const [entry, packages] of threads) {
    it(`${entry}: ${packages.join(', ')}`, () => assert.deepEqual(packagesOf(loadedWith(entry)), packages));

    it(`${entry} imports no node:http, which has a WebSocket client with it`, () =>
      assert.ok(!loadedWith(entry).has('node:http')));
  }
});
