import assert from 'node:assert/strict';
import { totalDropped } from '../../../src/server/queue/ledger-snapshot.ts';
import type { Flags } from '../../support/kafka-server.ts';
import type { Fault, Scene } from '../fault.ts';
import type { FaultReport } from '../run-fault.ts';

/** A queue that is full within a second or so: few slabs, and records of some kilobytes. */
export const smallQueue: Flags = {
  'queue.maxBytes': '1MiB',
  'request.timeout': '1s',
  target: `https://example.com/${'long/'.repeat(600)}`,
};

/** Freezes the broker and waits for records that are dropped. */
export async function overflow({ kafka, server, rps }: Scene): Promise<void> {
  await kafka.nodes[0]!.kill('SIGSTOP');
  await server.waitForStats(
    'drops, and the trouble to be told',
    ({ ledger, sink }) => totalDropped(ledger.dropped) > rps / 2 && sink.lastError !== null,
    30_000,
  );
}

/** What is missing in the topic is what was dropped, and the last record of all is there. */
export function assertDropsAreMissing({ answers, ledger, missing, newest }: FaultReport): void {
  const dropped = totalDropped(ledger.dropped);
  assert.ok(dropped > 0);
  assert.ok(
    missing <= dropped && missing >= dropped - ledger.unconfirmed,
    `${missing} missing of ${dropped}`,
  );
  assert.equal(newest, answers.sent);
}

export const queueFull: Fault = {
  name: 'queue-full',
  holds:
    'a broker is away for longer than the queue has room: each new record is dropped and counted, what waits is kept',
  brokers: 1,
  flags: smallQueue,
  mayDrop: ['queue_full'],
  told: /is not taking records/,
  inject: overflow,
  heal: ({ kafka }) => kafka.nodes[0]!.kill('SIGCONT'),
  check: assertDropsAreMissing,
};
