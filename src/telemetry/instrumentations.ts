/** The auto-instrumentations that instrumentation-list.ts has as on, ready for the SDK. */
import type { IncomingMessage } from 'node:http';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { instrumentationList, PREFIX } from './instrumentation-list.ts';

/** They come every few seconds, and tell nothing unless somebody asks. */
const POLLED = /^\/(livez|readyz|metrics)\b/;

const http = {
  ignoreIncomingRequestHook: ({ url = '', headers }: IncomingMessage) =>
    POLLED.test(url) && headers.traceparent === undefined,
};

/** Made anew with each call; the SDK switches them on. */
export const autoInstrumentations = (env: Readonly<Record<string, string | undefined>>) =>
  getNodeAutoInstrumentations(
    Object.fromEntries(
      instrumentationList(env).map(({ name, on }) => [
        PREFIX + name,
        { enabled: on, ...(name === 'http' ? http : {}) },
      ]),
    ),
  );
