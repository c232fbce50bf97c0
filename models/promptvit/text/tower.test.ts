import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SafetensorsFile } from '../../../plugin/engine/weights/safetensors.js';
import { gramFeatures, keyFeatures, wordsOf } from './features.js';
import { readTextSide } from './index.js';

const read = (file: string) => new Uint8Array(readFileSync(new URL(file, import.meta.url)));
const side = readTextSide(read('./weights.safetensors'), 'the shipped weights');
const golden = new SafetensorsFile(read('./golden.safetensors'));
// Written by text_export.py as pairs of phrase and hint.
const texts = JSON.parse(golden.metadata.texts ?? '[]') as readonly (readonly [string, string])[];
const vectors = golden.floats('vectors');

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe('TextTower', () => {
  it('has goldens', () => {
    expect(texts.length).toBeGreaterThan(5);
  });

  it.each(texts.map(([phrase, hint], i) => [phrase, hint, i] as const))(
    '"%s" under "%s" as in Python',
    async (phrase, hint, i) => {
      const { tower } = await side;
      const found = tower.embed(phrase, hint);
      const expected = vectors.subarray(i * found.length, (i + 1) * found.length);
      // Both sum at most some hundred f32 products of magnitude below 1: 2^-24 · 200.
      for (let k = 0; k < found.length; k++)
        expect(Math.abs((found[k] ?? 0) - (expected[k] ?? 0))).toBeLessThan(1.2e-5);
      expect(Math.hypot(...found)).toBeCloseTo(1, 5);
    },
  );

  it('no Latin letter: zeros, whatever the script', async () => {
    const { tower } = await side;
    for (const text of ['', '🐶', '犬', 'собака']) expect(tower.embed(text).every((value) => value === 0)).toBe(true);
  });

  it('words spelled alike are near, others are not', async () => {
    const { tower } = await side;
    const dog = tower.embed('dog');
    expect(cosine(dog, tower.embed('puppy'))).toBeGreaterThan(cosine(dog, tower.embed('truck')) + 0.1);
    expect(cosine(tower.embed('hot dog'), dog)).toBeLessThan(0.5);
    expect(cosine(tower.embed('beagle', 'dog'), dog)).toBeGreaterThan(
      cosine(tower.embed('beagle', 'dog'), tower.embed('cat')),
    );
  });

  it('a changed byte is weights-hash', async () => {
    const bytes = read('./weights.safetensors');
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await expect(readTextSide(bytes, 'changed')).rejects.toMatchObject({ code: 'weights-hash' });
  });
});

describe('features', () => {
  it('words: accents and apostrophes dropped, hyphens part', () => {
    expect(wordsOf("Café-crème, dog's")).toEqual(['cafe', 'creme', 'dogs']);
  });

  it('keys tell the last word, those before it, and pairs', () => {
    expect(keyFeatures('hot dog').map(([key]) => key)).toEqual(['hot_', 'hot dog', 'dog']);
    expect(keyFeatures('')).toEqual([]);
  });

  it('n-grams: a word alone has its own row and all of 3, 4, 5', () => {
    // <ab>: =ab, <ab, ab>, <ab>
    expect(gramFeatures('ab', '', 1 << 30)).toHaveLength(4);
    expect(gramFeatures('ab', 'two words', 1 << 30)).toHaveLength(6);
  });
});
