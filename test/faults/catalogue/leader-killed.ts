import assert from 'node:assert/strict';
import { partitionsOf } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fault, Scene } from '../fault.ts';

/** Kills the broker that leads partition 0, and waits for deliveries that do without it. */
async function killLeader({ kafka, topic, server, rps }: Scene): Promise<number> {
  const leader = (await partitionsOf(kafka.brokers, topic))[0]!.leader;
  await kafka.nodes.find(({ id }) => id === leader)!.kill('SIGKILL');
  const { delivered } = (await server.stats()).ledger;
  await server.waitForStats(
    'deliveries without it',
    ({ ledger }) => ledger.delivered > delivered + 2 * rps,
    30_000,
  );
  return leader;
}

async function startKilled({ kafka }: Scene): Promise<void> {
  await kafka.nodes.find(({ pid }) => pid === undefined)!.start();
}

export const leaderKilled: Fault = {
  name: 'leader-killed',
  holds: 'one of three brokers is killed: its partitions get new leaders, and every record is delivered once',
  brokers: 3,
  topic: { partitions: 6 },
  told: /is not taking records/,
  mostLines: 8,
  async inject(scene) {
    const victim = await killLeader(scene);
    const alive = scene.kafka.nodes.filter(({ pid }) => pid !== undefined).map(({ address }) => address);
    await waitFor(
      'new leaders',
      async () => (await partitionsOf(alive, scene.topic)).every(({ leader }) => leader !== victim),
      { timeoutMs: 30_000 },
    );
    await scene.server.waitForStats(
      'the queue to be short',
      ({ ledger }) => ledger.queued < scene.rps,
      30_000,
    );
  },
  heal: startKilled,
};

export const loneReplicaKilled: Fault = {
  name: 'lone-replica-killed',
  holds:
    'a broker is killed that alone has its partitions: the others take the traffic, and what it owes comes when it is back',
  brokers: 3,
  topic: { partitions: 6, replicationFactor: 1 },
  told: /is not taking records/,
  mostLines: 8,
  async inject(scene) {
    const victim = await killLeader(scene);
    assert.notEqual(victim, -1);
  },
  heal: startKilled,
};
