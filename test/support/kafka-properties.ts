export type Properties = Record<string, string | number | boolean>;

/** A listener beside the plain one, for clients alone. */
export interface ListenerOptions {
  /** In upper case. */
  name: string;
  protocol: 'SASL_PLAINTEXT' | 'SASL_SSL' | 'SSL';
  /** Kafka's properties of a listener, without their prefix "listener.name.NAME.". */
  properties: Properties;
}

export interface ListenerAddress extends ListenerOptions {
  port: number;
}

export interface NodeAddress {
  /** From 1. */
  id: number;
  /** For clients and the other brokers, on 127.0.0.1. */
  port: number;
  controllerPort: number;
  listeners?: ListenerAddress[];
}

export interface TopicDefaults {
  /** Partitions of a topic that is created without a number of its own; 1 by default. */
  partitions?: number;
  /** By default 1 for one broker and 2 for three: one broker can be lost and acks=all still succeeds. */
  minInsyncReplicas?: number;
}

/** The properties of one combined broker and controller (KRaft), sized for tests: what waits by default, waits less. */
export function brokerProperties(
  node: NodeAddress,
  nodes: NodeAddress[],
  dataDirectory: string,
  topics: TopicDefaults = {},
): Properties {
  const replicas = Math.min(3, nodes.length);
  const minInsync = replicas === 3 ? 2 : 1;
  const { listeners = [] } = node;
  const at = (host: string) => listeners.map(({ name, port }) => `,${name}://${host}:${port}`).join('');
  return {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes.map((n) => `${n.id}@127.0.0.1:${n.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}${at('127.0.0.1')}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}${at('localhost')}`,
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    ...Object.assign({}, ...listeners.map(listenerProperties)),
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': false,
    'num.partitions': topics.partitions ?? 1,
    'default.replication.factor': replicas,
    'min.insync.replicas': topics.minInsyncReplicas ?? minInsync,
    ...internalTopic('offsets.topic', replicas),
    ...internalTopic('transaction.state.log', replicas),
    ...internalTopic('share.coordinator.state.topic', replicas),
    'transaction.state.log.min.isr': minInsync,
    'share.coordinator.state.topic.min.isr': minInsync,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed may register again, and its partitions get another leader, when its session is over.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'controller.quorum.election.timeout.ms': 500,
    // 128 MiB by default, a quarter of the small heap.
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  };
}

function listenerProperties({ name, properties }: ListenerOptions): Properties {
  const prefix = `listener.name.${name.toLowerCase()}.`;
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [prefix + key, value]));
}

function internalTopic(name: string, replicas: number): Properties {
  return { [`${name}.replication.factor`]: replicas, [`${name}.num.partitions`]: 1 };
}

/** The text of a Java properties file. */
export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}
