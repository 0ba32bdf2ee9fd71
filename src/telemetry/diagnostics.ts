/** What the OpenTelemetry SDK says of its own troubles, which else goes to nobody. */
import { DiagLogLevel, diag } from '@opentelemetry/api';

/** Calls `warn` with every warning and error of the SDK. There is one such listener: another replaces it. */
export function hearSdk(warn: (message: string) => void): void {
  diag.setLogger(
    {
      error: (message) => warn(message),
      warn: (message) => warn(message),
      info() {},
      debug() {},
      verbose() {},
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
