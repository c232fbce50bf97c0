import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VitreousError } from '../../plugin/core/errors.js';
import { checkDetectionManifest, type DetectionManifest } from '../../plugin/engine/files/detection-manifest.js';
import { readWeights } from '../../plugin/engine/files/load.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import { buildGraphs, promptvit, shipped } from './index.js';

const original = new Uint8Array(readFileSync(new URL('./weights.safetensors', import.meta.url)));
const manifest = checkDetectionManifest(shipped.manifest, 'promptvit');

/** The shipped manifest with the hash and size of other bytes: what is wrong in them must then be found by the reader. */
const signed = (bytes: Uint8Array): DetectionManifest => ({
  ...manifest,
  weights: {
    ...manifest.weights,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.byteLength,
  },
});

const withNan = (): Uint8Array<ArrayBuffer> => {
  const copy = original.slice();
  const { entries } = new SafetensorsFile(copy);
  // A tensor in f16; what is in int8 has no NaN.
  const begin = entries.get('stem.bias')?.begin ?? 0;
  const dataBytes = Math.max(...[...entries.values()].map(({ end }) => end));
  new DataView(copy.buffer).setUint16(copy.byteLength - dataBytes + begin, 0x7e00, true);
  return copy;
};

async function codeOf(bytes: Uint8Array<ArrayBuffer>, by: DetectionManifest): Promise<string> {
  try {
    promptvit(by, await readWeights(bytes, by, 'here'));
  } catch (thrown) {
    if (thrown instanceof VitreousError) return thrown.code;
    throw thrown;
  }
  return 'loaded';
}

describe('promptvit’s files', () => {
  it('load, with as many distractors as they say', async () => {
    expect(await codeOf(original, manifest)).toBe('loaded');
    expect(manifest.tensors.distractors).toEqual([buildGraphs(manifest).distractors, buildGraphs(manifest).embedDim]);
  });

  it.each([
    ['a changed byte', withNan(), manifest, 'weights-hash'],
    ['a NaN', withNan(), signed(withNan()), 'weights-not-finite'],
    ['a truncated file', original.slice(0, -100), signed(original.slice(0, -100)), 'weights-truncated'],
    [
      'another file',
      new TextEncoder().encode('<!doctype html>'),
      signed(new TextEncoder().encode('<!doctype html>')),
      'weights-format',
    ],
    [
      'too few distractors',
      original,
      { ...manifest, architecture: { ...manifest.architecture, distractors: 3 } },
      'weights-shape',
    ],
  ])('%s is an error with its code', async (_what, bytes, by, code) => {
    expect(await codeOf(bytes, by)).toBe(code);
  });

  it.each([
    ['task', { task: 'super-resolution' }],
    ['space', { space: 3 }],
    ['scoring.temperature', { scoring: { ...manifest.scoring, temperature: 0 } }],
    ['input.longSide', { input: { ...manifest.input, longSide: 1e6 } }],
  ])('names the field %s of a manifest that is wrong in it', (field, change) => {
    expect(() => checkDetectionManifest({ ...manifest, ...change }, 'here')).toThrow(`here: ${field}`);
  });

  it('names a size that the architecture lacks', () => {
    const { hidden: _hidden, ...rest } = manifest.architecture;
    expect(() => buildGraphs({ ...manifest, architecture: rest })).toThrow('architecture.hidden');
  });
});
