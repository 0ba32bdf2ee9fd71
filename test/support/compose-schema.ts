import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { goModule } from './go-module.ts';

const COMPOSE_VERSION = '2.16.2';

/**
 * The Compose Specification's JSON schema (draft 2020-12), from the Go module that docker compose reads its files with.
 * Throws when there is no go, or no network the first time.
 */
export async function composeSchema(): Promise<object> {
  const directory = await cached(`compose-schema-${COMPOSE_VERSION}`, async (building) => {
    const source = await goModule(`github.com/compose-spec/compose-go/v2@v${COMPOSE_VERSION}`, building);
    copyFileSync(join(source, 'schema/compose-spec.json'), join(building, 'compose-spec.json'));
  });
  return JSON.parse(readFileSync(join(directory, 'compose-spec.json'), 'utf8'));
}
