import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTextSide } from '../../../models/promptvit/text/index.js';
import { LexiconPromptEncoder } from './encoder.js';

const weights = new URL('../../../models/promptvit/text/weights.safetensors', import.meta.url);
let encoder: LexiconPromptEncoder;
beforeAll(async () => {
  encoder = new LexiconPromptEncoder(await readTextSide(new Uint8Array(readFileSync(weights)), 'shipped'));
});

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe('LexiconPromptEncoder', () => {
  it('gives unit vectors in the order asked, with the prompts as they were given', async () => {
    const answers = await encoder.encode(['Red Cars', 'puppies', 'beagle', 'oscilloscope']);
    expect(answers.map(({ prompt }) => prompt)).toEqual(['Red Cars', 'puppies', 'beagle', 'oscilloscope']);
    expect(answers.map(({ kind }) => kind)).toEqual(['exact', 'exact', 'broader', 'guess']);
    expect(answers.map(({ colour }) => colour)).toEqual(['red', undefined, undefined, undefined]);
    for (const { embedding } of answers) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });

  it('is surer of a name than of a kind, and of a kind than of a guess at a wild word', async () => {
    const [exact, synonym, broader, guess] = await encoder.encode(['dog', 'bunny', 'beagle', 'sundial']);
    expect(exact?.confidence).toBeGreaterThan(0.95);
    expect(synonym?.confidence).toBeGreaterThan(0.95);
    expect(broader?.confidence).toBeLessThan(synonym?.confidence ?? 0);
    expect(guess?.confidence).toBeLessThan(0.9);
    expect(guess?.confidence).toBeGreaterThan(0);
    expect(guess?.matchedAs).toBeTruthy();
  });

  it('colour, size and number leave the vector of the thing as it is', async () => {
    const [car, red, big] = await encoder.encode(['car', 'red car', 'two big cars']);
    expect(cosine(car?.embedding ?? new Float32Array(1), red?.embedding ?? new Float32Array(1))).toBeCloseTo(1, 5);
    expect(cosine(car?.embedding ?? new Float32Array(1), big?.embedding ?? new Float32Array(1))).toBeCloseTo(1, 5);
  });

  it('synonyms share the vector of their name', async () => {
    const [rabbit, bunny] = await encoder.encode(['rabbit', 'bunny']);
    expect(bunny).toMatchObject({ matchedAs: 'rabbit', kind: 'synonym' });
    expect(bunny?.embedding).toEqual(rabbit?.embedding);
  });

  it('an unknown word names its nearest known ones, whatever else was asked', async () => {
    await expect(encoder.encode(['dog', 'elefant'])).rejects.toMatchObject({ code: 'prompt-unknown', stage: 'detect' });
    await expect(encoder.encode(['elefant'])).rejects.toThrow(/"elephant"/);
    // Spelled like no name: the tower's own neighbours.
    await expect(encoder.encode(['happiness'])).rejects.toThrow(/Nearest known names: "/);
  });

  it('an abort ends it with its reason', async () => {
    const reason = new Error('enough');
    await expect(encoder.encode(['dog'], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('takes 200 prompts', async () => {
    const names = encoder.lexicon.names.slice(0, 200);
    const answers = await encoder.encode(names);
    expect(answers.map(({ matchedAs }) => matchedAs)).toEqual(names);
  });
});
