import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerLog, type ServerLogOptions } from '../../src/server/log.ts';
import type { LogLine } from '../../src/telemetry/log-line.ts';
import type { LoggedLine } from '../support/log-lines.ts';

/** A log whose lines are kept. */
function kept(options: Partial<ServerLogOptions> = {}) {
  const lines: LoggedLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const serverLog = new ServerLog({ level: 'info', redact: (text) => text, destination, ...options });
  const away = (reason: string): void => {
    serverLog.log('redirector.kafka.degraded', { 'exception.message': reason });
  };
  return { serverLog, log: serverLog.log, lines, away };
}

describe('the log', () => {
  it('writes an event as one line with its name, level, sentence and fields', () => {
    const { log, lines } = kept();
    log('redirector.drain.started', { 'redirector.drain.reason': 'SIGTERM' });
    const { time, ...line } = lines[0]!;
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(line, {
      level: 'info',
      event: 'redirector.drain.started',
      'redirector.drain.reason': 'SIGTERM',
      msg: 'Draining.',
    });
  });

  it('writes an event that repeats once, and counts it in the next line of it', (t) => {
    t.mock.method(performance, 'now', () => time);
    let time = 0;
    const { away, lines } = kept();
    for (let event = 0; event < 5; event++) away('refused');
    time = 10_000;
    away('refused');
    assert.deepEqual(
      lines.map((line) => [line.event, line['exception.message'], line.repeated]),
      [
        ['redirector.kafka.degraded', 'refused', undefined],
        ['redirector.kafka.degraded', 'refused', 4],
      ],
    );
  });

  it('writes an event again when its error is another', () => {
    const { away, lines } = kept();
    for (let round = 0; round < 3; round++) for (const reason of ['refused', 'forbidden']) away(reason);
    assert.deepEqual(
      lines.map((line) => line['exception.message']),
      ['refused', 'forbidden'],
    );
  });

  it('writes an event that has several reasons by turns once, and counts the others', (t) => {
    t.mock.method(performance, 'now', () => time);
    let time = 0;
    const { log, lines } = kept();
    const failed = (reason: string): void =>
      log('redirector.telemetry.export_failed', { 'exception.message': reason });
    for (const reason of ['refused', 'timed out', 'refused']) failed(reason);
    time = 10_000;
    failed('timed out');
    assert.deepEqual(
      lines.map((line) => [line['exception.message'], line.repeated]),
      [
        ['refused', undefined],
        ['timed out', 2],
      ],
    );
  });

  it('writes an event of a client once, from however many addresses it comes', () => {
    const { log, lines } = kept();
    for (let client = 0; client < 300; client++) {
      log('redirector.admin.request_refused', {
        'http.request.method': 'GET',
        'url.path': `/${client}`,
        'http.response.status_code': 401,
        'client.address': `10.0.0.${client}`,
      });
    }
    assert.equal(lines.length, 1);
  });

  it('remembers a limited number of events, however many errors there are', () => {
    const { away, lines } = kept();
    for (let error = 0; error < 1000; error++) away(String(error));
    away('0');
    assert.equal(lines.length, 1001, 'the first was forgotten');
  });

  it('names the worker thread that an event comes from', () => {
    const { serverLog, lines } = kept();
    serverLog.relay({ type: 'log', event: 'redirector.kafka.connected', fields: {} }, 'shipper');
    assert.equal(lines[0]?.['thread.name'], 'shipper');
  });

  it('takes secrets out of every field, and of the sentence that is made of them', () => {
    const { log, lines } = kept({ redact: (text) => text.replaceAll('s3cret', '[hidden]') });
    log('redirector.telemetry.setting_ignored', { 'redirector.setting.problem': 'It is s3cret.' });
    assert.equal(lines[0]?.msg, 'It is [hidden].');
    assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
  });

  it('cuts off a text that has no end', () => {
    const { away, lines } = kept();
    away('x'.repeat(1_000_000));
    assert.equal(String(lines[0]?.['exception.message']).length, 4096);
  });

  it('names the span in which the caller is', () => {
    const span = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), trace_flags: '01' };
    const { away, lines } = kept({ activeTrace: () => span });
    away('refused');
    const { trace_id, span_id, trace_flags } = lines[0]!;
    assert.deepEqual({ trace_id, span_id, trace_flags }, span);
  });

  it('hands on what it writes, and nothing else', () => {
    const copies: LogLine[] = [];
    const { log, away } = kept({ level: 'warn', copyTo: (line) => copies.push(line) });
    log('redirector.kafka.connected');
    for (let round = 0; round < 2; round++) away('refused');
    assert.deepEqual(copies, [
      {
        event: 'redirector.kafka.degraded',
        level: 'warn',
        message: 'Kafka is not taking records; they wait in the queue.',
        fields: { 'exception.message': 'refused' },
        repeated: 0,
        trace: undefined,
      },
    ]);
  });
});
