/** The Kafka of a case: started for it alone by what the tests start theirs with, which only a checkout has. */
import { existsSync } from 'node:fs';
import { userError } from '../src/errors.ts';
import type { CaseFault } from './case-file.ts';

/** A Kafka to which faults can be done. */
export interface CaseKafka {
  /** Of its brokers, for clients; behind a proxy where acks can be delayed. */
  readonly brokers: readonly string[];
  fault(fault: CaseFault): Promise<void>;
  stop(): Promise<void>;
}

/** What is used of test/support/proxied-kafka.ts. Named here as the package has no such file to take types from. */
interface Starter {
  startProxiedKafka(
    brokers: 1 | 3,
    lasting: boolean,
  ): Promise<{
    readonly kafka: {
      readonly brokers: readonly string[];
      readonly nodes: readonly {
        kill(signal: NodeJS.Signals): Promise<void>;
        stop(): Promise<void>;
        start(): Promise<void>;
      }[];
    };
    readonly proxy: { readonly address: string; delayAnswers(ms: number, onlyTo?: number): void };
    stop(): Promise<void>;
  }>;
}

const starter = new URL('../test/support/proxied-kafka.ts', import.meta.url);
/** Kafka's number of the Produce request. */
const PRODUCE = 0;

/** @throws RedirectorError CASE_NEEDS_CHECKOUT in a package. */
export async function startCaseKafka(name: string, brokers: 1 | 3): Promise<CaseKafka> {
  if (!existsSync(starter)) throw userError('CASE_NEEDS_CHECKOUT', { name });
  const { startProxiedKafka } = (await import(starter.href)) as Starter;
  const { kafka, proxy, stop } = await startProxiedKafka(brokers, true);
  return {
    brokers: brokers === 1 ? [proxy.address] : kafka.brokers,
    stop,
    async fault(fault) {
      if (fault.do === 'delay-acks') {
        proxy.delayAnswers(fault.by, PRODUCE);
        return;
      }
      const node = kafka.nodes[fault.broker - 1]!;
      switch (fault.do) {
        case 'stop-broker':
          return node.stop();
        case 'kill-broker':
          return node.kill('SIGKILL');
        case 'freeze-broker':
          return node.kill('SIGSTOP');
        case 'thaw-broker':
          return node.kill('SIGCONT');
        case 'start-broker':
          return node.start();
      }
    },
  };
}
