import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, freePort } from './free-port.ts';
import { type GuardedProcess, spawnGuarded, temporaryDirectory } from './guarded.ts';
import { kafkaClient } from './kafka-client.ts';
import {
  brokerProperties,
  type ListenerOptions,
  type NodeAddress,
  type Properties,
  propertiesText,
  type TopicDefaults,
} from './kafka-properties.ts';
import { type ProvisionedKafka, provisionKafka } from './kafka-provision.ts';
import { waitFor } from './wait-for.ts';

export interface KafkaOptions {
  /** One by default. Three form one cluster with replication 3 and min.insync.replicas 2. */
  brokers?: 1 | 3;
  /** The port of the first broker, the next ones following it; by default free ports. */
  port?: number;
  topicDefaults?: TopicDefaults;
  /** More lines for server.properties, for every node or made for each; they win over ours. */
  properties?: Properties | ((node: NodeAddress) => Properties);
  /** Beside the plain one, on localhost. */
  listeners?: ListenerOptions[];
  /** For `java`, before ours. */
  javaOptions?: string[];
  /**
   * It is measured, or works for longer than a test: Java compiles what runs often as well as it can. Otherwise it compiles all
   * of it quickly, which halves the CPU that a broker's start takes.
   */
  lasting?: boolean;
}

export interface KafkaNode {
  readonly id: number;
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  /** `localhost:port` of the other listeners, by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** Undefined while the node is down. */
  readonly pid: number | undefined;
  /**
   * Sends a signal: SIGKILL (a crash), SIGTERM, SIGSTOP (frozen: connections stay open, nothing answers) or SIGCONT (thawed).
   * Resolves, for those that end it, when it has ended. Does nothing to a node that is down.
   */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Orderly shutdown (SIGTERM), also of a frozen node; resolves when it has ended. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers as a member of the cluster. */
  start(): Promise<void>;
  /** The last lines of the broker's log. */
  logTail(lines?: number): string;
}

export interface KafkaCluster {
  /** `127.0.0.1:port` of every node. */
  readonly brokers: string[];
  readonly nodes: KafkaNode[];
  /** Ends all nodes at once and removes their data. May be called again. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/**
 * Starts a real Kafka on 127.0.0.1 with data in a temporary folder, and resolves when every broker knows all brokers.
 * The first time on a machine it is downloaded first. Throws an error that ends with the last lines of the broker's log when
 * it does not start. It cannot outlive this process, and does not keep it alive.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const provisioned = await provisionKafka();
  for (let attempt = 1; ; attempt++) {
    try {
      return await startCluster(provisioned, options);
    } catch (error) {
      // Between our look and Kafka's bind another process can take a port; with ports of our own choice, choose again.
      const portLost = error instanceof Error && error.message.includes('Address already in use');
      if (!portLost || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

async function startCluster(provisioned: ProvisionedKafka, options: KafkaOptions): Promise<KafkaCluster> {
  const addresses = await chooseAddresses(options);
  const directory = temporaryDirectory('kafka');
  const brokers = addresses.map((node) => `127.0.0.1:${node.port}`);
  let stopped = false;
  const nodes = addresses.map((address) => {
    const home = join(directory, String(address.id));
    writeNode(home, address, addresses, provisioned.template, options);
    const compiler = options.lasting === true ? [] : ['-XX:TieredStopAtLevel=1'];
    const javaArguments = [...(options.javaOptions ?? []), ...compiler, ...provisioned.javaArguments];
    return makeNode(address, home, javaArguments, () => stopped);
  });
  const stop = async () => {
    stopped = true;
    // The data is thrown away: no reason to wait for an orderly shutdown.
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(nodes.map((node) => node.launch()));
    await Promise.all(nodes.map((node) => node.ready(brokers)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers, nodes, stop };
}

async function chooseAddresses({ brokers = 1, port, listeners = [] }: KafkaOptions): Promise<NodeAddress[]> {
  const addresses: NodeAddress[] = [];
  for (let id = 1; id <= brokers; id++) {
    const own = await choosePort(port === undefined ? undefined : port + id - 1);
    const others = await Promise.all(
      listeners.map(async (listener) => ({ ...listener, port: await freePort() })),
    );
    addresses.push({ id, port: own, controllerPort: await freePort(), listeners: others });
  }
  return addresses;
}

function writeNode(
  home: string,
  address: NodeAddress,
  addresses: NodeAddress[],
  template: string,
  { topicDefaults, properties = {} }: KafkaOptions,
): void {
  const data = join(home, 'data');
  mkdirSync(home);
  cpSync(template, data, { recursive: true });
  // A formatted folder belongs to one node: its number, and an id of the folder (any 16 bytes in URL-safe base64).
  const meta = join(data, 'meta.properties');
  const ours = readFileSync(meta, 'utf8')
    .replace(/^node\.id=.*$/m, `node.id=${address.id}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString('base64url')}`);
  writeFileSync(meta, ours);
  const more = typeof properties === 'function' ? properties(address) : properties;
  const all = { ...brokerProperties(address, addresses, data, topicDefaults), ...more };
  writeFileSync(join(home, 'server.properties'), propertiesText(all));
}

interface InnerNode extends KafkaNode {
  launch(): void;
  ready(members: string[]): Promise<void>;
}

function makeNode(
  { id, port, listeners = [] }: NodeAddress,
  home: string,
  javaArguments: string[],
  isStopped: () => boolean,
): InnerNode {
  const log = join(home, 'broker.log');
  const address = `127.0.0.1:${port}`;
  let running: GuardedProcess | undefined;
  const logTail = (lines?: number) => running?.logTail(lines) ?? '';

  const node: InnerNode = {
    id,
    port,
    address,
    listeners: Object.fromEntries(listeners.map((one) => [one.name, `localhost:${one.port}`])),
    get pid() {
      return running?.exit === undefined ? running?.pid : undefined;
    },
    async kill(signal) {
      running?.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await running?.exited();
    },
    async stop() {
      running?.kill('SIGCONT');
      await node.kill('SIGTERM');
    },
    async start() {
      if (isStopped())
        throw new Error(`broker ${id} cannot be started: its cluster was stopped, its data is gone`);
      if (node.pid !== undefined) throw new Error(`broker ${id} is already running`);
      node.launch();
      await node.ready([address]);
    },
    logTail,
    launch() {
      running = spawnGuarded('java', [...javaArguments, join(home, 'server.properties')], { log, cwd: home });
    },
    async ready(members) {
      const broker = running!;
      const ended = new AbortController();
      const known = () => {
        if (broker.exit)
          ended.abort(new Error(`it ended with ${broker.exit.signal ?? `code ${broker.exit.code}`}`));
        return brokersKnownTo(address);
      };
      const until = (seen: string[]) => members.every((member) => seen.includes(member));
      const wait = { until, timeoutMs: START_TIMEOUT_MS, signal: ended.signal };
      try {
        await waitFor(`it to know ${members.join(', ')}`, known, wait);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
          `Kafka broker ${id} (${address}) did not start: ${reason}\nIts log ends with:\n${logTail()}`,
        );
      }
    },
  };
  return node;
}

/** The brokers that the one at `address` tells its clients about. Throws while it does not answer. */
async function brokersKnownTo(address: string): Promise<string[]> {
  const admin = kafkaClient([address], { requestTimeout: 2000, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map((broker) => `${broker.host}:${broker.port}`);
  } finally {
    await admin.disconnect();
  }
}
