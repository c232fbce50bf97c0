import type { ImageProcessor } from '../../engine/files/image-processor.js';
import type { Graph } from '../../engine/graph.js';
import type { WeightSource } from '../../engine/weights/source.js';

/** A text tower with its weights on the CPU. */
export interface TextTower {
  readonly weights: WeightSource;
  /** Token ids of a text, its end included, at most `positions`. */
  encode(text: string): readonly number[];
  /** The place in a sequence of ids at which the text is read off. */
  endOf(ids: readonly number[]): number;
  /** Index `ids` `[batch, tokens]` and index `ends` `[batch, 1]` → `text_embeds` `[batch, length]`, of any norm. */
  graph(batch: number, tokens: number): Graph;
  /** Tokens at most. */
  readonly positions: number;
  /** What stands behind a text's end; it has no influence. */
  readonly paddingId: number;
}

/** An image tower with its weights on the CPU: pictures → embeddings or features. */
export interface ImageTower {
  readonly weights: WeightSource;
  readonly processor: ImageProcessor;
  /** `pixels` `[batch, height, width, 3]` → its first output `[batch, length]`, of any norm. */
  pixels(batch: number, size: readonly [height: number, width: number]): Graph;
}
