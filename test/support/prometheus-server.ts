import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { spawnGuarded, temporaryDirectory } from './guarded.ts';
import { provisionPrometheus } from './prometheus-provision.ts';
import { waitFor } from './wait-for.ts';

export interface PrometheusOptions {
  /** What to scrape, `host:port` by names that become the label `instance`; all of them are the job `redirector`. */
  targets: Readonly<Record<string, string>>;
  /** The text of a rule file. */
  rules: string;
}

export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  /** Prometheus writes numbers as text: `NaN` and `+Inf` are among them. */
  readonly value: readonly [time: number, value: string];
}

export interface Exemplars {
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

export interface Prometheus extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Asks its API (`rules`, `query`) and gives the answer's data. Throws with its words where it refuses. */
  ask<T>(path: string, parameters?: Readonly<Record<string, string>>): Promise<T>;
  /** What an expression gives now. */
  query(expression: string): Promise<readonly Found[]>;
}

const EVERY = '500ms';

/**
 * Starts a real Prometheus on 127.0.0.1 that scrapes and evaluates twice a second, and resolves when it answers queries. Throws an
 * error that ends with its log's last lines when it does not start. It cannot outlive this process, and ends with its block.
 */
export async function startPrometheus({ targets, rules }: PrometheusOptions): Promise<Prometheus> {
  const { prometheus } = await provisionPrometheus();
  const directory = temporaryDirectory('prometheus');
  const address = `127.0.0.1:${await freePort()}`;
  const config = join(directory, 'prometheus.yml');
  writeFileSync(join(directory, 'rules.yml'), rules);
  writeFileSync(config, configText(targets));
  const child = spawnGuarded(
    prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
    ],
    { log: join(directory, 'prometheus.log'), cwd: directory },
  );
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await child.exited();
    rmSync(directory, { recursive: true, force: true });
  };
  const ended = new AbortController();
  const isReady = async (): Promise<boolean> => {
    if (child.exit) ended.abort(new Error(`it ended with ${child.exit.signal ?? `code ${child.exit.code}`}`));
    return (await fetch(`${url}/-/ready`)).ok;
  };
  try {
    await waitFor('Prometheus to be ready', isReady, { timeoutMs: 30_000, signal: ended.signal });
  } catch (error) {
    const log = child.logTail();
    await stop();
    throw new Error(`Prometheus did not start: ${(error as Error).message}\nIts log ends with:\n${log}`);
  }

  const ask = async <T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { data: T; error?: string };
    if (answer.error !== undefined) throw new Error(`Prometheus refuses ${path}: ${answer.error}`);
    return answer.data;
  };
  return {
    url,
    ask,
    query: async (query) => (await ask<{ result: readonly Found[] }>('query', { query })).result,
    [Symbol.asyncDispose]: stop,
  };
}

/** JSON is YAML. */
const configText = (targets: PrometheusOptions['targets']): string =>
  JSON.stringify({
    global: { scrape_interval: EVERY, scrape_timeout: EVERY, evaluation_interval: EVERY },
    rule_files: ['rules.yml'],
    scrape_configs: [
      {
        job_name: 'redirector',
        static_configs: Object.entries(targets).map(([instance, address]) => ({
          targets: [address],
          labels: { instance },
        })),
      },
    ],
  });
