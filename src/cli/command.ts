/**
 * What a command is. A command is one file in src/cli/commands/ that exports `command`, made by `defineCommand`:
 *
 *     import { exitCode } from '../../errors.ts';
 *     import { integer } from '../../option-types.ts';
 *     import { defineCommand, ownOption } from '../command.ts';
 *     import { printJson, printLine } from '../output.ts';
 *
 *     export const command = defineCommand({
 *       examples: [['redirector greet --times 3', 'Greets three times']],
 *       takes: ['admin', 'topic'],                       // option groups, or single options, of the option table
 *       json: true,                                      // it prints data, so --json is a flag of it
 *       own: {
 *         times: ownOption({ type: integer(1, 9), default: 1, help: 'How often.', accepts: ['3'], refuses: ['0'] }),
 *       },
 *       async run({ own, json, loadConfig }) {
 *         const { config } = loadConfig();
 *         const heavy = await import('kafkajs');         // heavy modules are loaded here, never at the top
 *         if (json) printJson({ times: own.times });
 *         else for (let i = 0; i < own.times; i++) printLine(`Hello, ${config.topic}.`);
 *         return exitCode.ok;
 *       },
 *     });
 *
 * and it has one line in the table src/cli/commands.ts: its name, one sentence about it, and its lazy import. A
 * command with subcommands exports `defineGroup([...])` with such lines of its own.
 *
 * Rules: data to standard output (output.ts: printLine, printJson, printTable), all else to standard error (note).
 * Errors are thrown as `userError(...)` from the catalogue: main.ts prints them and exits with their code; any other
 * error counts as a bug (exit 70). The static imports of a command's file stay light, as --help loads it.
 */
import type { LoadedConfig } from '../config.ts';
import type { Option, OptionGroup, OptionKey } from '../options.ts';

/**
 * An option of one command: the same unit as an option of the table (src/options.ts), but only a flag: no environment
 * variable, no file key. Its key becomes the flag as there: `replicationFactor` -> `--replication-factor`. Options of
 * type `boolean` are switches (`--watch`). A test runs `accepts` and `refuses`.
 */
export type OwnOption<T, D extends T | undefined = T | undefined> = Omit<Option<T>, 'group' | 'default'> & {
  readonly default: D;
};

/**
 * An argument by position, such as the topic in `topics describe [topic]`. Undefined when it is left out, unless
 * `required`. The last one may be a list, which takes all words that are left.
 */
export type Argument<T> = Omit<OwnOption<T, undefined>, 'default'> & { readonly required?: boolean };

type AnyOwnOption = OwnOption<never, never> | OwnOption<unknown, unknown>;
export type OwnOptions = Readonly<Record<string, AnyOwnOption>>;
export type Arguments = Readonly<Record<string, Argument<never> | Argument<unknown>>>;

type OwnValue<O> = O extends { type: { show(value: infer T): string }; default: infer D }
  ? undefined extends D
    ? T | undefined
    : T
  : never;
type ArgumentValue<A> = A extends { type: { show(value: infer T): string } }
  ? A extends { required: true }
    ? T
    : T | undefined
  : never;

/** What a command asks for when it loads the configuration. */
export interface LoadOptions {
  /** Neither `target` nor `rules` is an error. */
  readonly requireTarget?: boolean;
  /** Values that win over environment and file, as flags do, but not over the flags given. */
  readonly preset?: Readonly<Partial<Record<OptionKey, unknown>>>;
}

/** What a command is called with. Values are parsed and checked: sizes in bytes, times in ms. */
export interface Call<O extends OwnOptions = OwnOptions, A extends Arguments = Arguments> {
  /** The command's own options. */
  readonly own: { readonly [K in keyof O]: OwnValue<O[K]> };
  /** Its arguments by position. */
  readonly args: { readonly [K in keyof A]: ArgumentValue<A[K]> };
  /** --json was given: print one JSON document and nothing else to standard output. */
  readonly json: boolean;
  /** --debug was given. */
  readonly debug: boolean;
  /**
   * Loads the configuration: this command's flags > REDIRECTOR_* > --config FILE > defaults. Notices go to standard
   * error, once however often it is called.
   * @throws RedirectorError CONFIG_INVALID with every mistake found, CONFIG_FILE_UNREADABLE, CONFIG_FILE_SYNTAX.
   */
  loadConfig(options?: LoadOptions): LoadedConfig;
}

/** What `defineCommand` takes. */
export interface CommandSpec<O extends OwnOptions, A extends Arguments> {
  /** Pairs of a whole command line and what it does; at least one. Shown by --help and in docs/cli.md. */
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[];
  /** A paragraph for --help and docs/cli.md, where the one sentence of the table does not say enough. */
  readonly details?: string;
  /** The options of the option table that are flags of this command: whole groups, or single keys. */
  readonly takes: readonly (OptionGroup | OptionKey)[];
  /** True when the command prints data: it then has --json. */
  readonly json?: boolean;
  readonly own?: O;
  /** In the order in which they stand on the command line; required ones first. */
  readonly args?: A;
  /** Does the work and resolves with the exit code (`exitCode` in errors.ts). */
  run(call: Call<O, A>): Promise<number>;
}

/** A command, as the table and the help see it: the types of its options are forgotten. */
export interface Command {
  readonly kind: 'command';
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[];
  readonly details: string | undefined;
  readonly takes: readonly (OptionGroup | OptionKey)[];
  readonly json: boolean;
  readonly own: Readonly<Record<string, OwnOption<unknown>>>;
  readonly args: Readonly<Record<string, Argument<unknown>>>;
  run(call: Call): Promise<number>;
}

/** A command that only holds others: `topics create`, `topics list`. */
export interface CommandGroup {
  readonly kind: 'group';
  readonly commands: readonly CommandEntry[];
}

/** A line of the command table. */
export interface CommandEntry {
  readonly name: string;
  /** One sentence, for the list of commands. */
  readonly describe: string;
  /** Imports the command's file: only the command that is called is loaded. */
  load(): Promise<Command | CommandGroup>;
}

/** Makes a command; `own` and `args` give `run` its types. */
export function defineCommand<const O extends OwnOptions = never, const A extends Arguments = never>(
  spec: CommandSpec<O, A>,
): Command {
  return {
    kind: 'command',
    examples: spec.examples,
    details: spec.details,
    takes: spec.takes,
    json: spec.json ?? false,
    own: (spec.own ?? {}) as unknown as Command['own'],
    args: (spec.args ?? {}) as unknown as Command['args'],
    run: (call) => spec.run(call as unknown as Call<O, A>),
  };
}

/** Makes a command of subcommands. */
export const defineGroup = (commands: readonly CommandEntry[]): CommandGroup => ({ kind: 'group', commands });

type OwnSpec<T, D> = Omit<OwnOption<T>, 'default' | 'since'> & {
  readonly default?: D;
  /** The version that brought it; 0.1.0 unless given. */
  readonly since?: string;
};

/** Makes an option of a command. With a default its value is never undefined. */
export function ownOption<T>(spec: OwnSpec<T, T> & { readonly default: NoInfer<T> }): OwnOption<T, T>;
export function ownOption<T>(spec: OwnSpec<T, undefined>): OwnOption<T, undefined>;
export function ownOption<T>(spec: OwnSpec<T, T | undefined>): OwnOption<T> {
  return { since: '0.1.0', ...spec, default: spec.default };
}

type ArgumentSpec<T> = Omit<Argument<T>, 'since' | 'required'> & { readonly since?: string };

/** Makes an argument that may be left out. */
export const optionalArgument = <T>(spec: ArgumentSpec<T>): Argument<T> => ({ since: '0.1.0', ...spec });

/** Makes an argument that must be given. */
export const requiredArgument = <T>(spec: ArgumentSpec<T>): Argument<T> & { readonly required: true } => ({
  since: '0.1.0',
  ...spec,
  required: true,
});
