/** The list of headers in OTEL_EXPORTER_OTLP_HEADERS and its like: `key=value,key=value`, the values percent-encoded. */

export interface OtlpHeader {
  readonly name: string;
  /** As it is written in the list. */
  readonly written: string;
  readonly value: string;
}

/** The headers of a list; what is no pair is left out, as the SDK does. */
export const otlpHeaders = (list: string | undefined): OtlpHeader[] =>
  (list ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) return [];
    const written = pair.slice(at + 1).trim();
    return [{ name: pair.slice(0, at).trim(), written, value: decoded(written) }];
  });

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
