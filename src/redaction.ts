/** Takes secrets out of what is shown: the values that are known to be secret, and passwords within URLs. */
import type { Config } from './config.ts';
import { optionKeys, optionOf } from './options.ts';
import { otlpHeaders } from './telemetry/otlp-headers.ts';

export type Redact = (text: string) => string;

const HIDDEN = '[hidden]';

/** User name and password of a URL. */
const USER_INFO = /(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi;

/** OTEL_EXPORTER_OTLP_HEADERS and those of one signal. */
const HEADERS = /^OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?HEADERS$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** A secret in the forms in which it goes over a wire, and so can come back in an error. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  new URLSearchParams({ _: secret }).toString().slice('_='.length),
  JSON.stringify(secret).slice(1, -1),
];

/** What hides the value of every secret option of `config`, and every header value that `env` gives for OTLP. */
export function redactor(config: Config, env: Environment): Redact {
  const options = optionKeys.filter((key) => optionOf(key).secret).map((key) => config[key]);
  const headers = Object.entries(env)
    .filter(([name]) => HEADERS.test(name))
    .flatMap(([, list]) => otlpHeaders(list))
    .flatMap(({ written, value }) => [written, value])
    // Of "Bearer abc" the second word is the secret.
    .flatMap((value) => [value, value.split(' ').at(-1)]);
  const secrets = [...options, ...headers].filter((value) => typeof value === 'string' && value !== '');
  // The longest first: one may be a part of another.
  const forms = [...new Set(secrets.flatMap((secret) => formsOf(secret as string)))].sort(
    (a, b) => b.length - a.length,
  );
  return (text) =>
    forms.reduce((shown, form) => shown.replaceAll(form, HIDDEN), text.replace(USER_INFO, `${HIDDEN}@`));
}

/** Takes secrets out of an error that is about to be shown, and out of its causes. */
export function hideSecretsIn(error: unknown, redact: Redact): void {
  for (let link = error; link instanceof Error; link = link.cause) {
    link.message = redact(link.message);
    if (link.stack !== undefined) link.stack = redact(link.stack);
  }
}
