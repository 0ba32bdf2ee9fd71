/** The program as a user runs it, and an environment in which nothing of this machine's configures it. */
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../../bin/redirector.js', import.meta.url));

/** This process's environment without what configures Redirector, Node, OpenTelemetry or colours. */
export const cleanEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(REDIRECTOR_|OTEL_|NODE_OPTIONS$|NODE_TEST|FORCE_COLOR$|NO_COLOR$)/.test(name),
    ),
  );
