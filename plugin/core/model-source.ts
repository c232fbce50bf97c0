/** The tiers of the shipped super-resolution network, cheapest first: those that have weights in this version. */
export const tiers = ['S', 'M', 'L'] as const;

/** A tier of the shipped network: `S` is the cheapest, later ones are sharper and dearer. */
export type Tier = (typeof tiers)[number];

/** A model of your own in the shipped models' layout: a manifest, and weights beside it. */
export interface ModelSource {
  /** Where `manifest.json` is; the weights it names are fetched relative to it. */
  readonly manifestUrl: string | URL;
}
