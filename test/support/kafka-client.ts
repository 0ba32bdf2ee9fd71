import { createRequire } from 'node:module';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(this: RequestQueue): void;
}

// kafkajs 2.2.4 re-arms a timer with a negative delay when nothing is pending: a TimeoutNegativeWarning in the output of
// every test file, and hundreds of wake-ups a second per idle connection.
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: RequestQueue;
};
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) schedule.call(this);
};

/**
 * A kafkajs client for tests to look at a cluster with (`.admin()`, `.consumer()`, `.producer()`): silent, and failing fast
 * unless `config` says otherwise.
 */
export function kafkaClient(brokers: string[], config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    brokers,
    clientId: 'redirector-tests',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 5000,
    retry: { retries: 2, initialRetryTime: 50 },
    ...config,
  });
}
