/** The auto-instrumentations that instrumentation-list.ts has as on, ready for the SDK. */
import type { IncomingMessage } from 'node:http';
import { DnsInstrumentation } from '@opentelemetry/instrumentation-dns';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { KafkaJsInstrumentation } from '@opentelemetry/instrumentation-kafkajs';
import { NetInstrumentation } from '@opentelemetry/instrumentation-net';
import { RouterInstrumentation } from '@opentelemetry/instrumentation-router';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { type InstrumentationName, instrumentationList } from './instrumentation-list.ts';

type Instrumentation = Exclude<NodeSDKConfiguration['instrumentations'][number], readonly unknown[]>;

/** They come every few seconds, and tell nothing unless somebody asks. */
const POLLED = /^\/(livez|readyz|metrics)\b/;

const make: Readonly<Record<InstrumentationName, () => Instrumentation>> = {
  dns: () => new DnsInstrumentation(),
  express: () => new ExpressInstrumentation(),
  http: () =>
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url = '', headers }: IncomingMessage) =>
        POLLED.test(url) && headers.traceparent === undefined,
    }),
  kafkajs: () => new KafkaJsInstrumentation(),
  net: () => new NetInstrumentation(),
  router: () => new RouterInstrumentation(),
  'runtime-node': () => new RuntimeNodeInstrumentation(),
  undici: () => new UndiciInstrumentation(),
};

/** Made anew with each call; the SDK switches them on. */
export const autoInstrumentations = (env: Readonly<Record<string, string | undefined>>): Instrumentation[] =>
  instrumentationList(env)
    .filter(({ on }) => on)
    .map(({ name }) => make[name]());
