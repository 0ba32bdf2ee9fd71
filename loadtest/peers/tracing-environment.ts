/** The standard variables by which a peer is told to trace, the same for Redirector and for the SDK as it comes. */
import type { Peer, PeerOptions } from './peer.ts';

/** None for a peer without a sampleRatio. Throws when one with it got no collector. */
export function tracingEnvironment(
  sampleRatio: Peer['sampleRatio'],
  collector: PeerOptions['collector'],
): Record<string, string> {
  if (sampleRatio === undefined) return {};
  if (collector === undefined) throw new Error('a peer that traces needs a collector');
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: `${sampleRatio}`,
    // Only spans are compared; the SDK as it comes would export these as well.
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}
