import { expressBare } from './express-bare.ts';
import { go } from './go.ts';
import type { Peer } from './peer.ts';
import { redirector } from './redirector.ts';

/** Every peer that the bench knows, in the order of its first round. */
export const peers: readonly Peer[] = [redirector, go, expressBare];
