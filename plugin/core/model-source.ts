/** The tiers of the shipped super-resolution network, cheapest first: those that have weights in this version. */
export const tiers = ['S', 'M', 'L', 'XL'] as const;

/** A tier of the shipped network: `S` is the cheapest, later ones are sharper and dearer. */
export type Tier = (typeof tiers)[number];

/**
 * A CLIP of your own (OpenAI's CLIP, TinyCLIP) in Hugging Face's files: `config.json`, `model.safetensors`, `tokenizer.json` or
 * `vocab.json` and `merges.txt`, and `preprocessor_config.json` where there is one.
 */
export type ClipSource =
  /** The folder they are in, such as `https://…/resolve/main/`. Of the weights only what is needed is fetched. */
  | { readonly clipUrl: string | URL }
  /** The files themselves, as chosen by the user. */
  | { readonly clipFiles: readonly File[] };

/** A model of your own in the shipped models' layout: a manifest, and weights beside it. */
export interface ModelSource {
  /** Where `manifest.json` is; the weights it names are fetched relative to it. */
  readonly manifestUrl: string | URL;
}
