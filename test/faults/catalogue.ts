/** Every fault, in the order of the table. */
import { batchTooLarge } from './catalogue/batch-too-large.ts';
import { brokerAwayTooLong } from './catalogue/broker-away-too-long.ts';
import { brokerFrozen } from './catalogue/broker-frozen.ts';
import { brokerFrozenTooLong } from './catalogue/broker-frozen-too-long.ts';
import { brokerKilled } from './catalogue/broker-killed.ts';
import { brokersDownAtStart } from './catalogue/brokers-down-at-start.ts';
import { lateAcks } from './catalogue/late-acks.ts';
import { leaderKilled, loneReplicaKilled } from './catalogue/leader-killed.ts';
import { muteBootstrap } from './catalogue/mute-bootstrap.ts';
import { partitionsAdded } from './catalogue/partitions-added.ts';
import { queueFull } from './catalogue/queue-full.ts';
import { queueFullDropOldest } from './catalogue/queue-full-drop-oldest.ts';
import { queueFullSpool } from './catalogue/queue-full-spool.ts';
import { rollingRestart } from './catalogue/rolling-restart.ts';
import { slowBroker } from './catalogue/slow-broker.ts';
import { tooFewReplicas } from './catalogue/too-few-replicas.ts';
import { topicMadeAgain } from './catalogue/topic-made-again.ts';
import { topicMadeSmaller } from './catalogue/topic-made-smaller.ts';
import { topicMissing } from './catalogue/topic-missing.ts';
import type { Fault } from './fault.ts';

export const faults: readonly Fault[] = [
  brokerKilled,
  brokerAwayTooLong,
  queueFull,
  queueFullDropOldest,
  queueFullSpool,
  brokerFrozen,
  brokerFrozenTooLong,
  slowBroker,
  lateAcks,
  muteBootstrap,
  brokersDownAtStart,
  topicMissing,
  topicMadeAgain,
  topicMadeSmaller,
  partitionsAdded,
  batchTooLarge,
  leaderKilled,
  loneReplicaKilled,
  rollingRestart,
  tooFewReplicas,
];
