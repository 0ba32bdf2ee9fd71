import { join } from 'node:path';
import { cached } from './cache.ts';
import { goModule } from './go-module.ts';
import { runGuarded } from './guarded.ts';
import { withProgress } from './progress.ts';

export const JAEGER_VERSION = '1.76.0';

/** Names the machine's kind too: it is a program, and a home folder can be shared by machines of several kinds. */
const JAEGER_CACHE_KEY = `jaeger-${JAEGER_VERSION}-${process.platform}-${process.arch}`;

/**
 * The path of a Jaeger program (v2, one process: OTLP in, memory, query API), built from source the first time: 5 to 6
 * minutes with 2 cores. Throws when there is no go, or no network the first time, with the end of that command's output.
 */
export async function provisionJaeger(): Promise<string> {
  const directory = await cached(JAEGER_CACHE_KEY, (building) =>
    withProgress(`building Jaeger ${JAEGER_VERSION} with Go (once; 5 to 6 minutes the first time)`, () =>
      build(building),
    ),
  );
  return join(directory, 'jaeger');
}

async function build(directory: string): Promise<void> {
  const program = join(directory, 'jaeger');
  const log = join(directory, 'build.log');
  const source = await goModule(`github.com/jaegertracing/jaeger@v${JAEGER_VERSION}`, directory);
  // Not `go install`: it refuses a module that has a replace directive.
  await runGuarded('go', ['build', '-ldflags', '-s -w', '-o', program, './cmd/jaeger'], { cwd: source, log });
}
