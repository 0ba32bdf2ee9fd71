/** What the OpenTelemetry SDK says of its own troubles, which else goes to nobody. */
import { DiagLogLevel, diag } from '@opentelemetry/api';

/** Calls `warn` with every warning and error of the SDK. There is one such listener: another replaces it. */
export function hearSdk(warn: (message: string) => void): void {
  diag.setLogger(
    {
      error: (message) => warn(reasonIn(message)),
      warn: (message) => warn(reasonIn(message)),
      info() {},
      debug() {},
      verbose() {},
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The SDK tells an error as JSON, with a stack within itself; the reason in it is enough. */
function reasonIn(told: string): string {
  try {
    const { message, code } = JSON.parse(told) as { message?: string; code?: string };
    return message || code || told;
  } catch {
    return told;
  }
}
