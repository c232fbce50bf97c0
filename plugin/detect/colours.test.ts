import { describe, expect, it } from 'vitest';
import { colouredBoxes, sampleSide, withColours } from './colours.js';
import type { EncodedPrompt } from './detector.js';

const prompt = (name: string, colour?: string): EncodedPrompt => ({
  prompt: name,
  matchedAs: name,
  kind: 'exact',
  confidence: 1,
  colour,
  embedding: new Float32Array(1),
});

const painted = (red: number, green: number, blue: number): Uint8Array =>
  Uint8Array.from({ length: sampleSide ** 2 * 4 }, (_, i) => [red, green, blue, 255][i % 4] ?? 0);

const boxAt = (x: number) => ({ x, y: 0, width: 10, height: 10 });

describe('withColours', () => {
  it('keeps the score of a box of the colour, takes that of another, and leaves prompts without colour alone', async () => {
    const boxes = [boxAt(0), boxAt(20)];
    const scores = Float32Array.of(0.5, 0.25, 0.75, 0.5);
    const seen: number[] = [];
    const found = await withColours(boxes, [prompt('car'), prompt('red car', 'red')], scores, async (some) => {
      seen.push(...some.map(({ x }) => x));
      return some.map(({ x }) => (x === 0 ? painted(210, 20, 20) : painted(20, 40, 200)));
    });
    expect([...found]).toEqual([0.5, 0.25, 0.75, 0]);
    // The better of the two for the coloured prompt comes first.
    expect(seen).toEqual([20, 0]);
    expect([...scores]).toEqual([0.5, 0.25, 0.75, 0.5]);
  });

  it('looks at no pixels where no prompt names a colour', async () => {
    const scores = Float32Array.of(0.5);
    const found = await withColours([boxAt(0)], [prompt('car')], scores, () => {
      throw new Error('looked');
    });
    expect(found).toBe(scores);
  });

  it('boxes beyond the best do not have the colour', async () => {
    const boxes = Array.from({ length: colouredBoxes + 3 }, (_, i) => boxAt(i * 20));
    const scores = Float32Array.from(boxes, (_, i) => 1 - i / 100);
    const found = await withColours(boxes, [prompt('red car', 'red')], scores, async (some) =>
      some.map(() => painted(210, 20, 20)),
    );
    expect(found.filter((score) => score > 0)).toHaveLength(colouredBoxes);
    expect([...found.subarray(colouredBoxes)]).toEqual([0, 0, 0]);
  });
});
