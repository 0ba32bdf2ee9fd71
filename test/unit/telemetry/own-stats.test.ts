import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExportResultCode } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { droppedSpansMeter } from '../../../src/telemetry/dropped-spans.ts';
import { onExported } from '../../../src/telemetry/otlp-exporters.ts';

describe('telemetry counts', () => {
  it('spans that the queue of the SDK has no room for', async () => {
    let dropped = 0;
    const exporter = new InMemorySpanExporter();
    const processor = new BatchSpanProcessor({
      exporter,
      maxQueueSize: 3,
      maxExportBatchSize: 3,
      scheduledDelayMillis: 3_600_000,
      selfObsMeterProvider: droppedSpansMeter((spans) => {
        dropped += spans;
      }),
    });
    // Holds back all that is sent, so that the queue fills up.
    const held: (() => void)[] = [];
    const send = exporter.export.bind(exporter);
    exporter.export = (spans, done) => void held.push(() => send(spans, done));
    const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [processor] });
    const tracer = provider.getTracer('test');
    for (let span = 0; span < 10; span++) tracer.startSpan('one').end();
    exporter.export = send;
    for (const release of held) release();
    await processor.forceFlush();
    assert.ok(dropped > 0);
    assert.equal(exporter.getFinishedSpans().length + dropped, 10);
  });

  it('what an exporter has exported, and what it could not', () => {
    const results = [{ code: ExportResultCode.SUCCESS }, { code: ExportResultCode.FAILED }];
    const exporter = {
      export(_items: string[], done: (result: { code: ExportResultCode }) => void): void {
        done(results.shift()!);
      },
    };
    const ended: [number, boolean][] = [];
    onExported(exporter, (items, failed) => ended.push([items.length, failed]));
    const told: ExportResultCode[] = [];
    exporter.export(['a', 'b'], ({ code }) => told.push(code));
    exporter.export(['c'], ({ code }) => told.push(code));
    assert.deepEqual(ended, [
      [2, false],
      [1, true],
    ]);
    assert.deepEqual(told, [ExportResultCode.SUCCESS, ExportResultCode.FAILED]);
  });
});
