import { join } from 'node:path';
import { cached } from './cache.ts';
import { goInstall } from './go-module.ts';
import { withProgress } from './progress.ts';

/** Release 3.N.P of Prometheus is v0.3NN.P of its Go module; docker-compose.yml has the same release, by a test. */
export const PROMETHEUS_VERSION = '3.16.0';

/** Names the machine's kind too: these are programs, and a home folder can be shared by machines of several kinds. */
const PROMETHEUS_CACHE_KEY = `prometheus-${PROMETHEUS_VERSION}-${process.platform}-${process.arch}`;

export interface PrometheusPrograms {
  readonly prometheus: string;
  /** Checks and tests rules, configurations and metrics. */
  readonly promtool: string;
}

/**
 * The paths of Prometheus's two programs, built from source the first time: some minutes with 2 cores. Throws when there is
 * no go, or no network the first time, with the end of that command's output.
 */
export async function provisionPrometheus(): Promise<PrometheusPrograms> {
  const directory = await cached(PROMETHEUS_CACHE_KEY, (building) =>
    withProgress(
      `building Prometheus ${PROMETHEUS_VERSION} with Go (once; some minutes the first time)`,
      () => build(building),
    ),
  );
  return { prometheus: join(directory, 'prometheus'), promtool: join(directory, 'promtool') };
}

async function build(directory: string): Promise<void> {
  const [major, minor, patch] = PROMETHEUS_VERSION.split('.');
  const version = `v0.${major}${minor!.padStart(2, '0')}.${patch}`;
  const programs = ['prometheus', 'promtool'].map(
    (name) => `github.com/prometheus/prometheus/cmd/${name}@${version}`,
  );
  // Without service discovery, which would build the clients of every cloud: the tests name their targets.
  await goInstall(programs, directory, ['remove_all_sd']);
}
