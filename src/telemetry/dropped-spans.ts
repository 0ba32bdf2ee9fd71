/** A meter for the SDK's own metrics that hears of one thing only: spans that a processor had no room for. */
import { createNoopMeter, type MeterProvider } from '@opentelemetry/api';

/** @param onDrop told how many spans were dropped */
export function droppedSpansMeter(onDrop: (spans: number) => void): MeterProvider {
  const meter = createNoopMeter();
  const createCounter = meter.createCounter.bind(meter);
  meter.createCounter = (name, options) => {
    const counter = createCounter(name, options);
    if (name !== 'otel.sdk.processor.span.processed') return counter;
    return {
      add(spans, attributes) {
        if (attributes?.['error.type'] === 'queue_full') onDrop(spans);
      },
    } as typeof counter;
  };
  return { getMeter: () => meter };
}
