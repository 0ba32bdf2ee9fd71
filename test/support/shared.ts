/**
 * One Kafka broker and one Jaeger for a whole test run. With `--test-global-setup test/support/global-setup.ts` they are
 * started once, when a test file first asks, and serve all files; a file that is run alone starts its own. Nothing has to be
 * stopped by the test. A test that kills, freezes or configures a broker starts its own with `startKafka`.
 */
import { type JaegerEndpoints, type JaegerQueries, jaegerAt, startJaeger } from './jaeger.ts';
import { startKafka } from './kafka.ts';
import { askRun, isSharedRun } from './shared-run.ts';

export interface SharedKafka {
  /** `127.0.0.1:port`, one of it. Take topics of your own: `createTopic(brokers)`. */
  readonly brokers: string[];
}

let kafka: Promise<SharedKafka> | undefined;
let jaeger: Promise<JaegerQueries> | undefined;

/** Throws, with the broker's last log lines, when it cannot be started. */
export function sharedKafka(): Promise<SharedKafka> {
  kafka ??= isSharedRun() ? askRun<SharedKafka>('/kafka') : startKafka();
  return kafka;
}

/** Throws, with Jaeger's last log lines, when it cannot be started. */
export function sharedJaeger(): Promise<JaegerQueries> {
  jaeger ??= isSharedRun() ? askRun<JaegerEndpoints>('/jaeger').then(jaegerAt) : startJaeger();
  return jaeger;
}
