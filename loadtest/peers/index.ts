import { expressBare } from './express-bare.ts';
import { go } from './go.ts';
import type { Peer } from './peer.ts';
import { redirector } from './redirector.ts';
import { stockOtel } from './stock-otel.ts';

/** Every peer that the bench of servers knows, in the order of its first round. */
export const peers: readonly Peer[] = [redirector('redirector'), go, expressBare];

/** The programs that the bench of telemetry compares, by the beginning of their peers' names. */
const tracingPrograms = { redirector, stock: stockOtel } as const;

/** How many in a hundred requests are traced, as the end of a peer's name; `off` loads nothing of OpenTelemetry. */
const tracingRates = ['off', '0', '1', '100'] as const;

/** Each program at each rate: `redirector-off`, `redirector-0` and so on. */
export const tracingPeers: readonly Peer[] = Object.entries(tracingPrograms).flatMap(([program, peerAt]) =>
  tracingRates.map((rate) => peerAt(`${program}-${rate}`, rate === 'off' ? undefined : Number(rate) / 100)),
);
