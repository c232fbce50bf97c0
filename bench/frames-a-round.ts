import { shippedTiers } from '../models/mobilevit-sr/index.js';
import { checkManifest } from '../plugin/engine/files/manifest.js';

/** Frames to be timed together: as many as share one with which a shipped network reads its mixture of experts. */
export const framesARound = Math.max(
  ...Object.entries(shippedTiers).map(([tier, { manifest }]) => checkManifest(manifest, tier).mixture?.oneFrameIn ?? 1),
);
