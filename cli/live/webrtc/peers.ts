import { WhipPublisher } from '../whip/publisher.js';
import type { WebRtc } from './load.js';
import { WhepViewers } from './whep-viewers.js';

export const webRtc: WebRtc = {
  openViewers: (addresses, events) => new WhepViewers({ addresses }, events),
  publish: (offer, stream, addresses, events) => WhipPublisher.open(offer, stream, { addresses }, events),
};
