/** Checks that each broker answers and takes the credentials: those that are given, and as which they know each other. */
import type { Config } from '../../config.ts';
import { hostAndPort } from '../../hosts.ts';
import { withAdmin } from '../kafka-admin.ts';
import { type Finding, failedBy, ok } from './finding.ts';

/** Of a cluster; more are no other case. */
const MOST_ADVERTISED = 20;

export interface BrokersFound {
  readonly findings: Finding[];
  /** At least one of those that are given can be used. */
  readonly reachable: boolean;
}

interface Answer {
  readonly broker: string;
  readonly finding: Finding;
  /** The addresses of the cluster's brokers, as this one tells them. */
  readonly advertised: readonly string[];
}

async function examine(config: Config, broker: string): Promise<Answer> {
  try {
    const { brokers } = await withAdmin({ ...config, brokers: [broker] }, (admin) => admin.describeCluster());
    const advertised = brokers.map(({ host, port }) => hostAndPort(host, port));
    return {
      broker,
      finding: ok(
        `${broker} answers: ${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'} in the cluster.`,
      ),
      advertised,
    };
  } catch (error) {
    return { broker, finding: failedBy(error), advertised: [] };
  }
}

/** Asks all of them at once. A broker that is away is a warning as long as another is there. */
export async function examineBrokers(config: Config): Promise<BrokersFound> {
  const given = config.brokers ?? [];
  const first = await Promise.all(given.map((broker) => examine(config, broker)));
  const reachable = first.some(({ finding }) => finding.outcome === 'ok');
  const known = new Set(given);
  const others = [...new Set(first.flatMap(({ advertised }) => advertised))].filter((one) => !known.has(one));
  const second = await Promise.all(others.slice(0, MOST_ADVERTISED).map((broker) => examine(config, broker)));
  const advertised = second.map(({ finding, broker }): Finding => {
    if (finding.outcome === 'ok') return finding;
    // Records go to whoever leads a partition, by the address that the cluster tells.
    const hint = `The cluster tells clients to go to ${broker}: check advertised.listeners and the network.`;
    return { ...finding, hint };
  });
  const bootstrap = first.map(({ finding }): Finding => {
    return finding.outcome === 'failed' && reachable ? { ...finding, outcome: 'warning' } : finding;
  });
  return { findings: [...bootstrap, ...advertised], reachable };
}
