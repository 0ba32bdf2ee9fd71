/**
 * Configuration: program > flags > environment > file > defaults, then cross-checked and frozen. Every mistake is found before
 * the first is reported, and each names the value, where it came from and what is allowed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { crossChecks } from './config-checks.ts';
import { reasonOf, userError } from './errors.ts';
import { envOf, flagOf, type OptionKey, type OptionValues, optionKeys, optionOf } from './options.ts';
import { suggestion } from './suggestion.ts';
import { valueSuggestion } from './value-suggestion.ts';

/** Where a value came from. */
export type Origin = 'flag' | 'environment' | 'file' | 'program' | 'default';

/** The values in force, with what depends on other values filled in; times in ms, sizes in bytes. Frozen. */
export type Config = Omit<OptionValues, 'sink' | 'spool.whenFull'> & {
  readonly sink: 'kafka' | 'spool' | 'stdout';
  readonly 'spool.whenFull': 'drop_oldest' | 'drop_newest';
};

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<OptionKey, Origin>>;
  /** Lines that the user should see once, e.g. variables that were recognised and ignored. */
  readonly notices: readonly string[];
}

export interface ConfigSources {
  /** Flags by option key, as typed. */
  readonly flags?: Readonly<Partial<Record<OptionKey, unknown>>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What a program gives, in the form of the file; it wins over all else. */
  readonly given?: object;
  /** Path of a YAML or JSON file; REDIRECTOR_CONFIG is used when it is not given. */
  readonly file?: string | undefined;
  /** Serving needs somewhere to redirect; other commands do not. */
  readonly requireTarget?: boolean;
}

type RawValues = Map<OptionKey, { raw: unknown; from: string; origin: Origin }>;

const CONFIG_VARIABLE = 'REDIRECTOR_CONFIG';

/**
 * Loads, checks and freezes the configuration.
 * @throws RedirectorError CONFIG_FILE_UNREADABLE, CONFIG_FILE_SYNTAX, or CONFIG_INVALID with every mistake found.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: string[] = [];
  const notices: string[] = [];
  const raw: RawValues = new Map();
  const env = sources.env ?? {};

  const file = sources.file ?? env[CONFIG_VARIABLE];
  if (file !== undefined) readFileValues(file, raw, problems);
  readEnvironment(env, raw, problems, notices);
  for (const [key, value] of Object.entries(sources.flags ?? {}) as [OptionKey, unknown][]) {
    if (value !== undefined) raw.set(key, { raw: value, from: `flag --${flagOf(key)}`, origin: 'flag' });
  }

  if (sources.given !== undefined)
    readValues(sources.given, 'program', 'given by the program', raw, problems);

  const values: Partial<Record<OptionKey, unknown>> = {};
  const unreadable = new Set<OptionKey>();
  const origins = {} as Record<OptionKey, Origin>;
  for (const key of optionKeys) {
    const option = optionOf(key);
    const given = raw.get(key);
    values[key] = option.default;
    origins[key] = given?.origin ?? 'default';
    if (given === undefined) continue;
    const value = option.type.parse(given.raw);
    if (value !== undefined) values[key] = value;
    else {
      problems.push(describeBadValue(key, given.raw, given.from));
      unreadable.add(key);
    }
  }

  const config = withDependentDefaults(values as OptionValues);
  for (const { keys, sentence } of crossChecks(config, sources.requireTarget ?? false)) {
    // A value that could not be read stands at its default here: a conflict with that would only mislead.
    if (!keys.some((key) => unreadable.has(key))) problems.push(sentence);
  }
  const token = config['admin.token'] ?? tokenIn(config['admin.tokenFile'], problems);
  if (problems.length > 0) throw userError('CONFIG_INVALID', { problems: problems.join('\n') });
  return { config: Object.freeze({ ...config, 'admin.token': token }), origins, notices };
}

function withDependentDefaults(values: OptionValues): Config {
  const sink = values.sink ?? (values.brokers === undefined ? 'spool' : 'kafka');
  const whenFull = values['spool.whenFull'] ?? (sink === 'spool' ? 'drop_oldest' : 'drop_newest');
  return { ...values, sink, 'spool.whenFull': whenFull };
}

/** The token that a file holds. It is never shown, not even a wrong one. */
function tokenIn(path: string | undefined, problems: string[]): string | undefined {
  if (path === undefined) return undefined;
  try {
    const token = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    problems.push(
      `admin.tokenFile: the file "${path}" does not hold one line of printable ASCII without spaces.`,
    );
  } catch (error) {
    problems.push(`admin.tokenFile: the file "${path}" cannot be read: ${reasonOf(error)}.`);
  }
  return undefined;
}

function describeBadValue(key: OptionKey, raw: unknown, from: string): string {
  const option = optionOf(key);
  if (Array.isArray(raw) && option.type.isList !== true) return `${key} is given more than once (${from}).`;
  const shown = option.secret ? 'the value given' : JSON.stringify(raw);
  const meant = option.secret ? '' : valueSuggestion(option.type, raw);
  return `${key}: ${shown} is not ${option.type.expects} (${from}).${meant}`;
}

function readFileValues(path: string, raw: RawValues, problems: string[]): void {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw userError('CONFIG_FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
  const yaml = createRequire(import.meta.url)('yaml') as typeof import('yaml'); // 72 modules: not for every start
  let document: unknown;
  try {
    document = yaml.parse(content);
  } catch (error) {
    if (!(error instanceof yaml.YAMLParseError)) throw error;
    throw userError('CONFIG_FILE_SYNTAX', { path, reason: reasonOf(error).replace(/:$/, '') });
  }
  if (document === null || document === undefined) return; // an empty file sets nothing
  if (typeof document !== 'object' || Array.isArray(document)) {
    problems.push(`${path}: the top level is not a map of option names to values.`);
    return;
  }
  readValues(document, 'file', `file ${path}`, raw, problems);
}

function readValues(
  document: object,
  origin: Origin,
  from: string,
  raw: RawValues,
  problems: string[],
): void {
  flatten(document as Record<string, unknown>, '', (key, value) => {
    if (!(optionKeys as string[]).includes(key)) {
      problems.push(`${key} is not an option (${from}).${keySuggestion(key)}`);
    } else if (value !== null && value !== undefined) {
      raw.set(key as OptionKey, { raw: value, from, origin });
    }
  });
}

/** A key that stands without its group, in the wrong one, or as a flag is written, before those that are spelt like it. */
function keySuggestion(key: string): string {
  const bare = (name: string): string => name.replace(/[^a-z]/gi, '').toLowerCase();
  const last = bare(key.slice(key.lastIndexOf('.') + 1));
  const same =
    optionKeys.find((known) => bare(known) === bare(key)) ??
    optionKeys.filter((known) => bare(known.slice(known.lastIndexOf('.') + 1)) === last).join(' or ');
  return same === '' ? suggestion(key, optionKeys) : ` Did you mean ${same}?`;
}

/** `{queue: {maxBytes: 1}}` and `{"queue.maxBytes": 1}` are the same. */
function flatten(
  node: Record<string, unknown>,
  prefix: string,
  visit: (key: string, value: unknown) => void,
): void {
  for (const [name, value] of Object.entries(node)) {
    const key = prefix + name;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      flatten(value as Record<string, unknown>, `${key}.`, visit);
    } else {
      visit(key, value);
    }
  }
}

/**
 * What Kubernetes injects for a Service whose name begins with "redirector": `REDIRECTOR_PORT=tcp://...`,
 * `REDIRECTOR_SERVICE_HOST`, `REDIRECTOR_PORT_80_TCP_ADDR` and their like.
 */
function isKubernetesServiceVariable(name: string, value: string): boolean {
  return (
    /^(tcp|udp|sctp):\/\//.test(value) ||
    /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)
  );
}

function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  raw: RawValues,
  problems: string[],
  notices: string[],
): void {
  const keyByVariable = new Map(optionKeys.map((key) => [envOf(key), key]));
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('REDIRECTOR_') || name === CONFIG_VARIABLE || value === undefined) continue;
    const key = keyByVariable.get(name);
    if (isKubernetesServiceVariable(name, value)) {
      ignored.push(name);
    } else if (key !== undefined) {
      raw.set(key, { raw: value, from: `environment variable ${name}`, origin: 'environment' });
    } else {
      problems.push(
        `${name} is not an option (environment variable).${suggestion(name, [...keyByVariable.keys()])}`,
      );
    }
  }
  if (ignored.length > 0) {
    notices.push(
      `Ignored ${ignored.sort().join(', ')}: Kubernetes sets them for a Service of this name; they are not options (enableServiceLinks: false stops it).`,
    );
  }
}
