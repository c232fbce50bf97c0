import { describe, expect, it } from 'vitest';
import { bestBoxes, detectionsOf } from './best-boxes.js';
import { inputSize } from './input-size.js';
import { promptTargets } from './prompt-targets.js';
import { regionGeometry } from './region-geometry.js';

describe('inputSize', () => {
  // Python: max(32, round(side * 512 / max(w, h) / 32) * 32).
  it.each([
    [1920, 1080, 512, 288],
    [640, 480, 512, 384],
    [480, 640, 384, 512],
    [500, 333, 512, 352],
    [100, 1, 512, 32],
    [1, 1, 512, 512],
    [1024, 592, 512, 288], // 9.25 multiples
    [1024, 544, 512, 256], // 8.5: to the even one
    [1024, 608, 512, 320], // 9.5: to the even one
  ])('%i x %i is seen as %i x %i', (width, height, wide, high) => {
    expect(inputSize({ width, height }, 512, 32)).toEqual({ width: wide, height: high });
  });
});

describe('regionGeometry', () => {
  it('tells size, place and shape, and which look it is; rows without a box are zero', () => {
    const picture = { width: 64, height: 32 };
    const found = regionGeometry([{ x: 8, y: 16, width: 16, height: 8 }], picture, true, 2);
    expect([...found]).toEqual([-0.5, -0.5, 0.25, 0.625, 0.5, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('counts sides below a pixel as one', () => {
    const found = regionGeometry([{ x: 0, y: 0, width: 0, height: 0.5 }], { width: 16, height: 16 }, false, 1);
    expect([...found.subarray(0, 2)]).toEqual([-1, -1]);
    expect(found[4]).toBe(0);
  });
});

describe('promptTargets', () => {
  it('puts prompts before distractors, scaled, and leaves out their kin', () => {
    const prompt = { embedding: Float32Array.of(1, 0, 0, 0) };
    const distractors = Float32Array.of(0.8, 0.6, 0, 0, 0, 1, 0, 0, 0.75, 0, 0.661, 0);
    const { targets, rivals, prompts } = promptTargets([prompt], distractors, 4, 0.75);
    expect(prompts).toBe(1);
    // The first is kin; a cosine of exactly `related` is not.
    expect([...rivals]).toEqual([0, 1, 1]);
    expect([...targets.subarray(0, 4)]).toEqual([0.5, 0, 0, 0]);
    expect(targets[4]).toBeCloseTo(0.4);
    expect(targets).toHaveLength(16);
  });
});

const [a, b, c] = [
  { x: 0, y: 0, width: 10, height: 10 },
  { x: 1, y: 1, width: 10, height: 10 },
  { x: 50, y: 50, width: 10, height: 10 },
];
const scored = { boxes: [a, b, c], prompts: ['dog', 'cat'], scores: Float32Array.of(0.2, 0.7, 0.6, 0.1, 0.5, 0.9) };

describe('bestBoxes and detectionsOf', () => {
  it('orders boxes by their best prompt', () => {
    expect(bestBoxes(scored, 2)).toEqual([2, 0]);
  });

  it('reduces boxes of one thing to the best, each prompt on its own', () => {
    const found = detectionsOf(scored, 10).map(({ prompt, score, box }) => [prompt, Number(score.toFixed(3)), box]);
    expect(found).toEqual([
      ['cat', 0.9, c],
      ['cat', 0.7, a],
      ['dog', 0.6, b],
      ['dog', 0.5, c],
    ]);
    expect(detectionsOf(scored, 1)).toHaveLength(2);
  });
});
