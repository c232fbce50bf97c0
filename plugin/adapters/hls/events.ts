import type { Size } from '../../index.js';

/**
 * Why the saver has changed its mind:
 * - `affordable`: the GPU keeps up, a lower rendition is fetched and upscaled.
 * - `over-budget`: it does not; hls.js chooses freely again.
 * - `not-enhanced`: the native picture shows for another reason (`enhanced.why`), or enhancing was turned off.
 * - `nothing-to-save`: the rendition to upscale is the best one that may be fetched anyway.
 * - `manual`: the page has chosen a level of hls.js by hand.
 */
export type SaverReason = 'affordable' | 'over-budget' | 'not-enhanced' | 'nothing-to-save' | 'manual';

/** `saver`: from now on less is fetched, or no longer. */
export class SaverEvent extends Event {
  readonly saving: boolean;
  readonly reason: SaverReason;
  /** Index in `hls.levels` of the best level that is fetched while saving; undefined otherwise. */
  readonly level: number | undefined;
  /** Size of that level as the manifest states it, pixels. */
  readonly size: Size | undefined;

  constructor(saving: boolean, reason: SaverReason, level: number | undefined, size: Size | undefined) {
    super('saver');
    this.saving = saving;
    this.reason = reason;
    this.level = level;
    this.size = size;
  }
}

/** The events of an `HlsAttachment`, by name. */
export interface HlsAttachmentEventMap {
  saver: SaverEvent;
}
