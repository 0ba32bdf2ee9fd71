import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { startKafka } from '../support/kafka.ts';
import { serve } from '../support/kafka-server.ts';
import { type LoggedLine, logLinesOf } from '../support/log-lines.ts';
import { assertInTable } from '../support/log-table.ts';
import { realPart } from '../support/real-parts.ts';
import type { RunningServer } from '../support/server.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const linesOf = (server: RunningServer): LoggedLine[] => logLinesOf(server.stderr());
const waitForEvent = async (server: RunningServer, event: LoggedLine['event']): Promise<LoggedLine> => {
  const line = await waitFor(event, () => linesOf(server).find((line) => line.event === event), {
    timeoutMs: 30_000,
  });
  return line!;
};

/** Every line that is not for people is an event of the table. */
function assertWholeLog(server: RunningServer): void {
  const json = server
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  assert.deepEqual(
    json.map((line) => JSON.parse(line)),
    linesOf(server),
  );
  assertInTable(linesOf(server));
}

describe('the log of a server', () => {
  it('from its start through the death of a listener to its end is in the table', async () => {
    const port = await freePort();
    await using server = await serve(
      { 'admin.token': 'a-token' },
      { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    );
    await ask(`${server.adminUrl}/metrics`);
    await evaluateInThread(port, 'listener 0', 'process.exit(1)');
    const died = await waitForEvent(server, 'redirector.thread.died');
    assert.equal(died['thread.name'], 'listener 0');
    await server.stop();
    assertWholeLog(server);
    assert.deepEqual(
      linesOf(server).map(({ event }) => event),
      [
        'redirector.server.started',
        'redirector.admin.request_refused',
        'redirector.thread.died',
        'redirector.drain.started',
        'redirector.drain.finished',
      ],
    );
  });

  it('whose listener dies too often tells that it was given up', async () => {
    const port = await freePort();
    await using server = await serve({}, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
    for (let death = 1; death <= 5; death++) {
      await evaluateInThread(port, 'listener 0', 'process.exit(1)');
      if (death < 5) {
        await server.waitForStats(
          'the next listener',
          ({ listeners: [first] }) => first?.restarts === death && first.state === 'running',
        );
      }
    }
    await server.exited();
    assertWholeLog(server);
    const last = linesOf(server).find(({ event }) => event === 'redirector.thread.given_up');
    assert.match(last?.msg ?? '', /^The listener 0 thread died 5 times within a minute and was given up: /);
  });

  it('whose broker cannot be reached and whose queue is full tells of both', async () => {
    await using server = await serve({
      brokers: `127.0.0.1:${await freePort()}`,
      'queue.maxBytes': '512KiB',
      'shutdown.deadline': '1s',
    });
    await click(server.url, 5000);
    const dropped = await waitForEvent(server, 'redirector.records.dropped');
    assert.equal(dropped['redirector.drop.reason'], 'queue_full');
    const { ledger } = await server.stats();
    const told = Number(dropped['redirector.records.dropped']);
    assert.ok(told > 0 && told <= ledger.dropped.queue_full!, 'more may have been dropped since');
    const { lastLine } = await server.stop();
    assertWholeLog(server);
    const events = linesOf(server).map(({ event }) => event);
    assert.ok(events.includes('redirector.kafka.degraded'));
    const last = linesOf(server).find(({ event }) => event === 'redirector.drain.finished');
    assert.equal(last?.['redirector.records.lost'], lastLine.lost);
  });

  it('that meets a variable it does not understand, and a collector that is away, is in the table', async () => {
    await using server = await serve(
      { 'telemetry.sampleRatio': 1 },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_TRACES_SAMPLER: 'sometimes',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
    );
    await click(server.url, 200);
    await server.stop();
    assertWholeLog(server);
    const events = linesOf(server).map(({ event }) => event);
    assert.ok(events.includes('redirector.telemetry.setting_ignored'));
  });

  it('is empty with log.level silent', async () => {
    await using silent = await serve({ 'log.level': 'silent' });
    await silent.stop();
    assert.deepEqual(linesOf(silent), []);
  });
});

describe('the log of a server with Kafka', { skip: await realPart('kafka', 'kcat') }, () => {
  it('that goes away and comes back is in the table, and so is what waits in the spool', async () => {
    const kafka = await startKafka();
    try {
      const topic = await createTopic(kafka.brokers);
      const flags = {
        brokers: kafka.brokers.join(','),
        topic,
        'queue.overflow': 'spool',
        'delivery.timeout': '1s',
        'request.timeout': '500ms',
      } as const;
      await using server = await serve(flags);
      await waitForEvent(server, 'redirector.kafka.connected');
      await kafka.nodes[0]!.kill('SIGKILL');
      await click(server.url, 100);
      const degraded = await waitForEvent(server, 'redirector.kafka.degraded');
      assert.equal(degraded['thread.name'], 'shipper');
      await server.waitForStats('the records to be spooled', ({ ledger }) => ledger.spooled === 100);
      await kafka.nodes[0]!.start();
      await server.waitForStats('them to be delivered', ({ ledger }) => ledger.delivered === 100, 60_000);
      await waitForEvent(server, 'redirector.spool.replay_finished');
      await server.stop();
      assertWholeLog(server);
    } finally {
      await kafka.stop();
    }
  });
});
