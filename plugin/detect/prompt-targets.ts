import type { EncodedPrompt } from './detector.js';

/** What the scores of a set of prompts are computed from. */
export interface PromptTargets {
  readonly prompts: number;
  /** `[prompts + distractors, embedDim]`: directions, over sqrt(embedDim): rows of root mean square 1 times them give cosines. */
  readonly targets: Float32Array;
  /** `[prompts, distractors]`: 1 where a distractor counts against a prompt. */
  readonly rivals: Float32Array;
}

function dot(a: Float32Array, aFrom: number, b: Float32Array, bFrom: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aFrom + i] ?? 0) * (b[bFrom + i] ?? 0);
  return sum;
}

/**
 * @param distractors unit directions, `[count, embedDim]`
 * @param related cosine to a prompt above which a distractor is its kin
 */
export function promptTargets(
  prompts: readonly Pick<EncodedPrompt, 'embedding'>[],
  distractors: Float32Array,
  embedDim: number,
  related: number,
): PromptTargets {
  const count = distractors.length / embedDim;
  const targets = new Float32Array((prompts.length + count) * embedDim);
  const rivals = new Float32Array(prompts.length * count);
  prompts.forEach(({ embedding }, p) => {
    targets.set(embedding, p * embedDim);
    for (let d = 0; d < count; d++)
      rivals[p * count + d] = dot(embedding, 0, distractors, d * embedDim, embedDim) > related ? 0 : 1;
  });
  targets.set(distractors, prompts.length * embedDim);
  const scale = embedDim ** -0.5;
  return { prompts: prompts.length, targets: targets.map((value) => value * scale), rivals };
}
