/** The rules in force: read again when their file has changed or somebody asks; a bad file changes nothing. */
import type { Config } from '../config.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../telemetry/log-line.ts';
import type { RulesStatus } from './admin/stats.ts';
import { watchFiles } from './file-watch.ts';
import type { RuleSet } from './redirect/rule-set.ts';
import type { LoadedRules } from './redirect/rules.ts';
import type { RulesLoader } from './rules-loader.ts';

export interface RulesHandling {
  readonly read: RulesLoader;
  /** Makes room for the topics that other rules name; throws where there is none, and the rules stay. */
  readonly admit: (topics: readonly string[]) => void;
  /** Called when others are in force. */
  readonly onChange: () => void;
}

export class RulesKeeper {
  readonly #config: Config;
  readonly #log: Log;
  readonly #handling: RulesHandling;
  #loaded: LoadedRules;
  #status: RulesStatus;
  readonly stop: () => void;

  /** @param loaded what is in force at the start */
  constructor(config: Config, loaded: LoadedRules, log: Log, handling: RulesHandling) {
    this.#config = config;
    this.#log = log;
    this.#handling = handling;
    this.#loaded = loaded;
    this.#status = statusOf(loaded, 1, config.rules);
    for (const warning of loaded.warnings) log('redirector.rules.doubtful', { 'exception.message': warning });
    // Without rules the keys are for nothing.
    const files = config.rules === undefined ? [] : [config.rules, config['signing.keys']];
    this.stop = watchFiles(files, () => this.reload());
  }

  get set(): RuleSet {
    return this.#loaded.set;
  }

  get status(): RulesStatus {
    return this.#status;
  }

  /** Reads the file again. What it says is in force from the next requests on, unless it has a mistake or is as before. */
  reload(): void {
    let loaded: LoadedRules;
    try {
      loaded = this.#handling.read();
      this.#handling.admit(loaded.set.topics);
    } catch (error) {
      const reason = reasonOf(error);
      this.#status = { ...this.#status, lastError: reason };
      this.#log('redirector.rules.refused', { 'exception.message': reason });
      return;
    }
    if (loaded.hash === this.#loaded.hash) {
      this.#status = { ...this.#status, lastError: null };
      return;
    }
    this.#loaded = loaded;
    this.#status = statusOf(loaded, this.#status.version + 1, this.#config.rules);
    const { version, hash, count } = this.#status;
    this.#log('redirector.rules.replaced', {
      'redirector.rules.version': version,
      'redirector.rules.hash': hash ?? '',
      'redirector.rules.count': count,
    });
    for (const warning of loaded.warnings)
      this.#log('redirector.rules.doubtful', { 'exception.message': warning });
    this.#handling.onChange();
  }
}

const statusOf = ({ set, hash }: LoadedRules, version: number, file: string | undefined): RulesStatus => ({
  version,
  file: file ?? null,
  hash: hash ?? null,
  count: set.rules.length,
  loadedAt: new Date().toISOString(),
  lastError: null,
});
