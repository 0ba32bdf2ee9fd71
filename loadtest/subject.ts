/** What is put under load: a server of our own, or the one at --url; and where its records are to be found. */
import { existsSync } from 'node:fs';
import type { Config, LoadedConfig } from '../src/config.ts';
import type { OptionValues } from '../src/options.ts';
import type { Cleanup } from './cleanup.ts';
import type { RecordPlace } from './record-place.ts';
import { rulesOfOneTopic } from './rules-of-one-topic.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { AdminClient, type ServerStats } from './server-stats.ts';
import type { LoadtestSettings } from './settings.ts';
import { spoolPlace, stdoutPlace } from './spool-place.ts';

export interface Subject {
  /** What is requested. */
  readonly url: string;
  readonly admin: AdminClient | undefined;
  /** Undefined when it is not ours. */
  readonly server: ServerProcess | undefined;
  /** Undefined where records cannot be counted; `notes` says why. */
  readonly place: RecordPlace | undefined;
  /** The spool beside a topic: what overflows goes there. Undefined where there is none to look into. */
  readonly overflow: RecordPlace | undefined;
  readonly notes: readonly string[];
  /** Undefined without an admin API. */
  readonly before: ServerStats | undefined;
}

export interface SubjectOptions {
  readonly run: string;
  readonly settings: LoadtestSettings;
  readonly loaded: LoadedConfig;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  readonly phase: (sentence: string) => void;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const QUIET_BEFORE_MS = 3000;
const DEFAULT_TARGET = 'https://example.com/';

/** Starts or finds the server, and makes the place of its records; whatever it makes is in `cleanup`. */
export function findSubject(options: SubjectOptions): Promise<Subject> {
  const { url } = options.settings;
  return url === undefined ? ownServer(options) : otherServer(options, url);
}

async function ownServer(options: SubjectOptions): Promise<Subject> {
  const { run, settings, loaded, cleanup, signal, phase } = options;
  const { config } = loaded;
  const everyRecord = config['record.format'] === 'go-compat';

  // The server always gets a spool path of this run: also with Kafka, what it may spool must not go to a real spool.
  const spool = spoolPlace(run, everyRecord);
  cleanup.add(`remove the temporary spool ${spool.name}`, () => spool.remove());
  const stdout = stdoutPlace(run, everyRecord);
  let place: RecordPlace = config.sink === 'stdout' ? stdout : spool;
  if (config.sink === 'kafka') {
    place = await topicOf(config, run, { temporary: true, everyRecord });
    phase(`making topic ${place.name}`);
    const topic = place;
    cleanup.add(`delete the temporary topic ${topic.name}`, () => topic.remove());
    await topic.prepare();
    signal.throwIfAborted();
  }

  phase('starting a server');
  const noTarget = config.target === undefined && config.rules === undefined;
  const overrides: Partial<OptionValues> = {
    'spool.path': spool.name,
    ...(config.sink === 'kafka' ? { topic: place.name } : {}),
    ...(config.sink === 'kafka' && config.rules !== undefined
      ? { rules: rulesOfOneTopic(config.rules, cleanup) }
      : {}),
    ...(noTarget ? { target: DEFAULT_TARGET } : {}),
  };
  const onLine = config.sink === 'stdout' ? stdout.add : undefined;
  const server = await startServer({
    loaded,
    overrides,
    signal,
    cleanup,
    env: { ...process.env, ...options.env },
    ...(onLine === undefined ? {} : { onLine }),
  });
  const { admin } = server;
  return {
    url: server.url + settings.path,
    admin,
    server,
    place,
    overflow: config.sink === 'kafka' ? spool : undefined,
    notes: [],
    before: await admin.stats(),
  };
}

async function otherServer(options: SubjectOptions, url: string): Promise<Subject> {
  const { run, settings, loaded, signal, phase } = options;
  const { config } = loaded;
  const nothing = { url, server: undefined, place: undefined, overflow: undefined, notes: [] };
  if (settings.adminUrl === undefined) return { ...nothing, admin: undefined, before: undefined };

  phase('waiting until the queue is quiet');
  const admin = new AdminClient(settings.adminUrl, config['admin.token']);
  // A server that others use is never quiet; what its queue holds now is allowed for when the accounts are compared.
  const before = await admin.whenQuiet(QUIET_BEFORE_MS, signal);
  const uncounted = (why: string): Subject => ({
    ...nothing,
    admin,
    before,
    notes: [`The records were not counted: ${why}.`],
  });
  if (config['record.format'] === 'go-compat') {
    return uncounted('those in go-compat format cannot be told apart from those of others');
  }
  const spool = existsSync(config['spool.path']) ? spoolPlace(run, false, config['spool.path']) : undefined;
  let place: RecordPlace;
  switch (before.sink.kind) {
    case 'stdout':
      return uncounted('the server writes them to its standard output');
    case 'spool':
      if (spool === undefined) {
        return uncounted(
          `the server writes them to a spool, and there is none at "${config['spool.path']}" (name it with --spool-path)`,
        );
      }
      place = spool;
      break;
    case 'kafka':
      if (config.brokers === undefined) {
        return uncounted(
          'the server writes them to Kafka, so it takes its --brokers and --topic to count them',
        );
      }
      place = await topicOf(config, run, { temporary: false, everyRecord: false });
      break;
  }
  await place.prepare();
  return { ...nothing, admin, before, place, overflow: before.sink.kind === 'kafka' ? spool : undefined };
}

/** kafkajs is loaded only where there is a Kafka. */
async function topicOf(
  config: Config,
  run: string,
  kind: { readonly temporary: boolean; readonly everyRecord: boolean },
): Promise<RecordPlace> {
  const { topicPlace } = await import('./topic-place.ts');
  return topicPlace({ config, run, ...kind });
}
