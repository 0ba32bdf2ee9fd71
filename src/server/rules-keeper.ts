/** The rules in force: read again when their file has changed or somebody asks; a bad file changes nothing. */
import type { Config } from '../config.ts';
import { reasonOf } from '../errors.ts';
import type { RulesStatus } from './admin/stats.ts';
import { watchFiles } from './file-watch.ts';
import type { Log } from './log.ts';
import type { RuleSet } from './redirect/rule-set.ts';
import { type LoadedRules, loadRules } from './redirect/rules.ts';

export class RulesKeeper {
  readonly #config: Config;
  readonly #log: Log;
  readonly #onChange: () => void;
  #loaded: LoadedRules;
  #status: RulesStatus;
  readonly stop: () => void;

  /**
   * @param loaded what is in force at the start
   * @param onChange called when others are in force
   */
  constructor(config: Config, loaded: LoadedRules, log: Log, onChange: () => void) {
    this.#config = config;
    this.#log = log;
    this.#onChange = onChange;
    this.#loaded = loaded;
    this.#status = statusOf(loaded, 1);
    for (const warning of loaded.warnings) log('warn', 'Rules could be better.', { reason: warning });
    // Without rules the keys are for nothing.
    const files = config.rules === undefined ? [] : [config.rules, config['signing.keys']];
    this.stop = watchFiles(files, () => this.reload('a file has changed'));
  }

  get set(): RuleSet {
    return this.#loaded.set;
  }

  get status(): RulesStatus {
    return this.#status;
  }

  /** Reads the file again. What it says is in force from the next requests on, unless it has a mistake or is as before. */
  reload(why: string): void {
    let loaded: LoadedRules;
    try {
      loaded = loadRules(this.#config);
    } catch (error) {
      const reason = reasonOf(error);
      this.#status = { ...this.#status, lastError: reason };
      this.#log('error', 'The rules stay as they were.', { reason, why });
      return;
    }
    if (loaded.hash === this.#loaded.hash) {
      this.#status = { ...this.#status, lastError: null };
      return;
    }
    this.#loaded = loaded;
    this.#status = statusOf(loaded, this.#status.version + 1);
    const { version, hash, count } = this.#status;
    this.#log('info', 'Other rules are in force.', { version, hash, count, why });
    for (const warning of loaded.warnings) this.#log('warn', 'Rules could be better.', { reason: warning });
    this.#onChange();
  }
}

const statusOf = ({ set, hash }: LoadedRules, version: number): RulesStatus => ({
  version,
  hash: hash ?? null,
  count: set.rules.length,
  loadedAt: new Date().toISOString(),
  lastError: null,
});
