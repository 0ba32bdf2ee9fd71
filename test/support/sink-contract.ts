/** What every sink keeps to, whatever is behind it: the same tests for all of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { monotonicMs } from '../../src/server/queue/clock.ts';
import { kind, owner } from '../../src/server/queue/slab-layout.ts';
import type { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { SendOutcome, Sink, SinkHost } from '../../src/server/sink/sink.ts';
import { makeQueue, type QueueFixture, sealedSlab } from './queue-fixture.ts';
import { sinkHost } from './sink-host.ts';
import { waitFor } from './wait-for.ts';

/** A sink under test and what is behind it. */
export interface SinkCase {
  /** Makes the sink; its target need not be up. */
  make(pool: SlabPool, host: SinkHost): Promise<Sink>;
  /** Brings the target up, where it is not always. */
  up?(): Promise<void>;
  /** All values that the target holds. */
  found(): Promise<Buffer[]>;
  /** Brings trouble, after which the target takes nothing, at least for a while. */
  trouble(): Promise<void>;
  tidy(): Promise<void>;
}

/** Values that break a sink which is careless with bytes; without newlines, as some targets hold lines. */
const VALUES = ['plain', '', 'äö日本🦊', '{"json":"\\n"}', 'x'.repeat(8191), 'x'.repeat(8192), '\0\t'];
const NOT_UTF8 = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]);

export function sinkContract(name: string, target: SinkCase, skip: string | false = false): void {
  describe(`the contract of sinks, kept by ${name}:`, { skip }, () => {
    const queue: QueueFixture = makeQueue({ slabs: 16 });
    const { pool } = queue;
    const expected: Buffer[] = [];
    const outcomes: SendOutcome[] = [];
    let sink: Sink;

    before(async () => {
      sink = await target.make(pool, sinkHost());
    });
    after(async () => {
      await sink.close(monotonicMs());
      await target.tidy();
    });

    function take(values: readonly (string | Buffer)[]): number {
      sealedSlab(
        queue,
        values.map((value) => ({ value })),
      );
      return pool.takeSealed(owner.SHIPPER);
    }
    function settled(slab: number, outcome: SendOutcome): void {
      outcomes.push(outcome);
      if (outcome.kind === 'returned') {
        pool.giveBack(slab, owner.SHIPPER);
      } else {
        pool.beginSettling(slab, owner.SHIPPER);
        pool.free(slab, owner.SHIPPER);
      }
    }

    it('it opens without its target being up', async () => {
      await sink.open();
      await target.up?.();
      await waitFor('the sink to be ready', () => sink.ready() > 0, { timeoutMs: 30_000 });
    });

    it('each send resolves exactly once, and what was sent is found exactly once, byte for byte', async () => {
      const slabs = [[...VALUES, NOT_UTF8], ...Array.from({ length: 8 }, (_, i) => [`slab ${i}`, `of ${i}`])];
      for (const values of slabs) {
        await waitFor('the sink to be ready', () => sink.ready() > 0);
        const slab = take(values);
        const outcome = await sink.send(slab);
        assert.ok(
          outcome.kind === 'delivered' || outcome.kind === 'spooled',
          JSON.stringify([outcome, sink.status]),
        );
        settled(slab, outcome);
        expected.push(...values.map((value) => Buffer.from(value)));
      }
      assert.equal(outcomes.length, slabs.length);
      assert.equal(pool.inKind(kind.FREE).length, pool.slabs);
      await found();
    });

    it('slabs sent at once, as many as it is ready for, all arrive', async () => {
      await waitFor('the sink to be ready', () => sink.ready() > 0);
      const slabs = Array.from({ length: Math.min(4, sink.ready()) }, (_, i) => {
        expected.push(Buffer.from(`at once ${i}`));
        return take([`at once ${i}`]);
      });
      await Promise.all(slabs.map(async (slab) => settled(slab, await sink.send(slab))));
      await found();
    });

    it('in trouble it never rejects, and close by a deadline resolves all', async () => {
      await target.trouble();
      const sending: Promise<SendOutcome>[] = [];
      for (let i = 0; i < 3 && sink.ready() > 0; i++) sending.push(sink.send(take([`in trouble ${i}`])));
      await sink.close(monotonicMs() + 300);
      for (const outcome of await Promise.all(sending)) {
        assert.ok(['dropped', 'returned', 'delivered', 'spooled'].includes(outcome.kind));
      }
    });

    it('it takes nothing after close, and closing again does no harm', async () => {
      assert.equal(sink.ready(), 0);
      await sink.close(monotonicMs());
      assert.equal(sink.ready(), 0);
    });

    const sorted = (values: readonly Buffer[]) => values.map((value) => value.toString('latin1')).sort();
    async function found(): Promise<void> {
      const values = await waitFor('all to be found', () => target.found(), {
        until: ({ length }) => length >= expected.length,
      });
      assert.deepEqual(sorted(values), sorted(expected));
    }
  });
}
