import type { Fault } from '../fault.ts';

export const brokerAwayTooLong: Fault = {
  name: 'broker-away-too-long',
  holds:
    'a broker that is away for longer than delivery.timeout costs what waited for so long, counted, and nothing else',
  brokers: 1,
  flags: { 'delivery.timeout': '2s', 'request.timeout': '1s' },
  mayDrop: ['delivery_timeout'],
  told: /is not taking records/,
  // Closed, cut off, refused, and what a broker says in its start, beside the drops.
  mostLines: 6,
  async inject({ kafka, server, rps }) {
    await kafka.nodes[0]!.kill('SIGKILL');
    await server.waitForStats('drops', ({ ledger }) => (ledger.dropped.delivery_timeout ?? 0) > rps, 30_000);
    await server.waitForStats(
      'nothing to wait for much longer than the time-out',
      ({ ledger }) => ledger.queued < 5 * rps,
    );
  },
  heal: ({ kafka }) => kafka.nodes[0]!.start(),
};
