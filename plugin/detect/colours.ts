import type { Rect } from '../core/geometry.js';
import { bestBoxes } from './best-boxes.js';
import type { EncodedPrompt } from './detector.js';
import { colourMatch, sampleSide } from './text/colour-match.js';
import { basicColour } from './text/colour-words.js';

/** Boxes whose pixels are looked at for colours in one look: the best of the prompts that name one. Others do not have the colour. */
export const colouredBoxes = 24;

/** Looks at the pixels of boxes: {@link sampleSide}² samples each, RGBA. */
export type SampleBoxes = (boxes: readonly Rect[]) => Promise<readonly Uint8Array[]>;

/**
 * Scores with those of prompts that name a colour multiplied by how far the box shows it.
 *
 * @param scores `[boxes, prompts]`
 * @returns the same array where no prompt names one
 */
export async function withColours(
  boxes: readonly Rect[],
  prompts: readonly EncodedPrompt[],
  scores: Float32Array,
  sample: SampleBoxes,
): Promise<Float32Array> {
  const coloured = prompts.flatMap(({ colour }, p) => {
    const basic = colour === undefined ? undefined : basicColour(colour);
    return basic ? [{ p, basic }] : [];
  });
  if (coloured.length === 0 || boxes.length === 0) return scores;
  const width = prompts.length;
  const own = Float32Array.from({ length: boxes.length * coloured.length }, (_, i) => {
    const p = coloured[i % coloured.length]?.p ?? 0;
    return scores[Math.floor(i / coloured.length) * width + p] ?? 0;
  });
  const names = coloured.map(({ basic }) => basic);
  const chosen = bestBoxes({ boxes, prompts: names, scores: own }, colouredBoxes);
  const samples = await sample(chosen.flatMap((i) => boxes[i] ?? []));
  const out = scores.slice();
  for (const { p, basic } of coloured) {
    for (const [i] of boxes.entries()) out[i * width + p] = 0;
    for (const [k, i] of chosen.entries()) {
      const rgba = samples[k];
      if (rgba) out[i * width + p] = (scores[i * width + p] ?? 0) * colourMatch(basic, rgba);
    }
  }
  return out;
}

export { sampleSide };
