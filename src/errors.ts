/**
 * The error catalogue: every error that a user can meet, with its code, its exit code and what to do about it.
 * docs/errors.md is made from this table. Nothing else in the program invents an error for users.
 */

/** Exit codes of every command (docs/errors.md). */
export const exitCode = { ok: 0, checkFailed: 1, usage: 2, unreachable: 3, bug: 70 } as const;

interface CatalogueEntry {
  readonly exit: number;
  /** One sentence; `{name}` stands for a detail. */
  readonly message: string;
  /** What the user can do about it. */
  readonly hint: string;
}

export const catalogue = {
  CONFIG_INVALID: {
    exit: exitCode.usage,
    message: '{problems}',
    hint: 'Correct what is named; docs/options.md lists every option with what it allows.',
  },
  CONFIG_FILE_UNREADABLE: {
    exit: exitCode.usage,
    message: 'The configuration file "{path}" cannot be read: {reason}.',
    hint: 'Check the path given with --config or REDIRECTOR_CONFIG.',
  },
  CONFIG_FILE_SYNTAX: {
    exit: exitCode.usage,
    message: 'The configuration file "{path}" is not valid YAML or JSON: {reason}.',
    hint: 'Correct the file at the line and column named.',
  },
  FILE_EXISTS: {
    exit: exitCode.usage,
    message: 'The file "{path}" exists already, and is left as it is.',
    hint: 'Name another, or replace it with --force.',
  },
  RULES_UNREADABLE: {
    exit: exitCode.usage,
    message: 'The rules file "{path}" cannot be read: {reason}.',
    hint: 'Check the path; that of a server is given with --rules (rules: in the file).',
  },
  RULES_INVALID: {
    exit: exitCode.usage,
    message: 'The rules file "{path}" is not valid: {reason}.',
    hint: 'A rules file is "rules:" with a list of rules that have path and target; see docs/rules.md.',
  },
  CERTIFICATE_INVALID: {
    exit: exitCode.usage,
    message: 'The certificate "{cert}" with the key "{key}" cannot be used: {reason}.',
    hint: 'Both are PEM files, given with https.cert and https.key, and belong together.',
  },
  SCANNERS_INVALID: {
    exit: exitCode.usage,
    message: 'The file of scanners "{path}" cannot be used: {reason}.',
    hint: 'It has an address or a network such as 192.0.2.0/24 on each line; # begins a comment.',
  },
  EXPECTATIONS_INVALID: {
    exit: exitCode.usage,
    message: 'The expectations "{path}" cannot be used: {reason}.',
    hint: 'It is a list of items with url and what is expected: status, location, rule; see docs/rules-commands.md.',
  },
  REQUESTS_INVALID: {
    exit: exitCode.usage,
    message: 'The file of requests "{path}" cannot be used: {reason}.',
    hint: 'Each line is a path, or JSON with path, weight, userAgent and headers; see docs/loadtest.md.',
  },
  REPORT_UNWRITABLE: {
    exit: exitCode.usage,
    message: 'The report "{path}" cannot be written: {reason}.',
    hint: 'Choose a file in a folder that exists and may be written with --report.',
  },
  CASE_INVALID: {
    exit: exitCode.usage,
    message: 'The load-test case "{path}" cannot be used: {reason}.',
    hint: 'See docs/loadtest.md for what a case has; "redirector loadtest --cases" lists those that come with it.',
  },
  CASE_NEEDS_CHECKOUT: {
    exit: exitCode.usage,
    message:
      'The case "{name}" needs a Kafka of its own, and only a checkout of the repository has what starts one.',
    hint: 'Run it in a checkout (with Java and Maven), or give --brokers to a case without faults.',
  },
  SIGNING_KEYS_INVALID: {
    exit: exitCode.usage,
    message: 'The file of signing keys "{path}" cannot be used: {reason}.',
    hint: 'It has a line "id: key" for each key; `redirector rules sign --new-key` makes a key.',
  },
  USAGE: {
    exit: exitCode.usage,
    message: '{reason}',
    hint: 'Add --help to see what the command takes.',
  },
  PORT_IN_USE: {
    exit: exitCode.usage,
    message: '{what} cannot listen on {address}: the port is in use.',
    hint: 'Stop the program that has it, or choose another with {flag}.',
  },
  ADDRESS_UNAVAILABLE: {
    exit: exitCode.usage,
    message: '{what} cannot listen on {address}: {reason}.',
    hint: 'Choose an address of this machine and a port that you may use with {flag}.',
  },
  SPOOL_LOCKED: {
    exit: exitCode.usage,
    message: 'The spool "{path}" is in use by another Redirector.',
    hint: 'Stop the other server, or give this one a file of its own with --spool-path.',
  },
  SPOOL_UNUSABLE: {
    exit: exitCode.usage,
    message: 'The spool "{path}" cannot be used: {reason}.',
    hint: 'Check that the directory exists and is writable, or choose another with --spool-path.',
  },
  SPOOL_TOO_NEW: {
    exit: exitCode.usage,
    message:
      'The spool "{path}" has format {format} (written by Redirector {writer}), and Redirector {version} reads formats up to {newest}.',
    hint: 'Use the version that wrote it or a later one, or give this one a spool of its own with --spool-path.',
  },
  SPOOL_NOT_FOUND: {
    exit: exitCode.usage,
    message: 'There is no spool at "{path}".',
    hint: 'A spool appears when "redirector serve" runs without brokers; name another with --spool-path.',
  },
  SPOOL_IS_LOG: {
    exit: exitCode.usage,
    message: 'The spool "{path}" is the log of the server that runs, which sends it nowhere.',
    hint: 'Stop that server and drain again, or start it with --brokers: it then sends the spool by itself.',
  },
  BROKERS_MISSING: {
    exit: exitCode.usage,
    message: 'No Kafka brokers are given.',
    hint: 'Name them with --brokers host:port,... (brokers: in the file, REDIRECTOR_BROKERS in the environment).',
  },
  BROKERS_UNREACHABLE: {
    exit: exitCode.unreachable,
    message: 'No Kafka broker of {brokers} could be reached: {reason}.',
    hint: 'Check the addresses given with --brokers, that Kafka runs, and that tls.* and sasl.* suit the port; "npm run kafka" starts one to try in a checkout.',
  },
  KAFKA_REQUEST_FAILED: {
    exit: exitCode.unreachable,
    message: 'Kafka at {brokers} refused the request: {reason}.',
    hint: 'Check the topic, its settings and the rights of this client.',
  },
  CREDENTIALS_REFUSED: {
    exit: exitCode.unreachable,
    message: 'Kafka at {brokers} refuses the credentials: {reason}.',
    hint: 'Check sasl.* against what the port asks for, and leave it out where that is nothing; docs/kafka-security.md has the ways.',
  },
  TOKEN_UNAVAILABLE: {
    exit: exitCode.unreachable,
    message: 'There is no token for Kafka: {reason}.',
    hint: 'Check sasl.oauth.* and what gives the tokens; docs/kafka-security.md says how they are fetched.',
  },
  TOPIC_NOT_FOUND: {
    exit: exitCode.checkFailed,
    message: 'Topic "{topic}" does not exist at {brokers}.',
    hint: 'Make it with "redirector topics create {topic}", or correct its name.',
  },
  SERVER_UNREACHABLE: {
    exit: exitCode.unreachable,
    message: 'No answer from {url}: {reason}.',
    hint: 'Check that it runs, and where: the admin API is at admin.host and admin.port of its configuration, or at --admin-url.',
  },
  SERVER_DID_NOT_START: {
    exit: exitCode.unreachable,
    message: 'The server that was started for this run ended before it was ready: {reason}.',
    hint: 'Run "redirector serve" with the same options to see what it says.',
  },
  THREAD_GIVEN_UP: {
    exit: exitCode.unreachable,
    message: 'The {thread} thread died {deaths} times within a minute and was given up: {reason}.',
    hint: 'The log above has the cause of each death; please report it if it is not the machine.',
  },
  NOT_RUNNING: {
    exit: exitCode.usage,
    message: '{method}() was called on a Redirector that has not started.',
    hint: 'Wait for the promise of start() first.',
  },
  TELEMETRY_TAKEN: {
    exit: exitCode.usage,
    message: 'Another Redirector of this process exports telemetry, or has done so.',
    hint: 'OpenTelemetry is set up once for a process: run the others in processes of their own, or unset OTEL_EXPORTER_OTLP_*.',
  },
  BUG: {
    exit: exitCode.bug,
    message: 'This is a bug in Redirector: {reason}.',
    hint: 'Please report it with the output of the same command with --debug.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type Details<C extends ErrorCode> = Record<
  Placeholders<(typeof catalogue)[C]['message'] | (typeof catalogue)[C]['hint']>,
  string | number
>;

const fill = (template: string, details: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));

/** An error for users: `message` is one clear sentence, `hint` what to do, `exit` the process's exit code. */
export class RedirectorError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: number;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RedirectorError';
    this.code = code;
    this.hint = hint;
    this.exit = catalogue[code].exit;
  }
}

/** Makes the catalogue's error `code`; the compiler asks for exactly the details that its sentences name. */
export function userError<C extends ErrorCode>(
  code: C,
  details: Details<C>,
  options?: ErrorOptions,
): RedirectorError {
  const entry = catalogue[code];
  return new RedirectorError(code, fill(entry.message, details), fill(entry.hint, details), options);
}

/**
 * The reason in an unknown thrown value, without a trailing full stop, fit for the middle of a sentence. Of a failed
 * file operation ("ENOENT: no such file or directory, open 'x'") only the middle: the sentence names the file.
 */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = (message.split('\n')[0] ?? '').replace(/\.$/, '');
  return /^E[A-Z0-9]+: (.+), [a-z]+(?: '.*')?$/.exec(line)?.[1] ?? line;
}
