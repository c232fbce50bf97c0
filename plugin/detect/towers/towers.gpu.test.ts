import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ClipModel, endOfText } from '../../../models/clip/index.js';
import { leastCosine } from '../../engine/testing/cosine.js';
import { diskFolder } from '../../engine/testing/disk-folder.js';
import { sharedGpuDevice } from '../../engine/testing/golden.js';
import { codeRejectedBy } from '../../engine/testing/thrown.js';
import { SafetensorsFile } from '../../engine/weights/safetensors.js';
import { GpuDevice } from '../../gpu/device.js';
import { watchedNodeGpu } from '../../gpu/testing/watched-device.js';
import { textureUsage } from '../../gpu/usage.js';
import type { TextTower } from './model.js';
import { RegionEncoder } from './region-encoder.js';
import { encodeTexts, TowerPromptEncoder } from './text-encoder.js';

// A small CLIP of seeded weights (models/training/towers --small), its texts ids already.

const folder = fileURLToPath(new URL('../../../models/clip/testdata/quick', import.meta.url));
const golden = new SafetensorsFile(new Uint8Array(readFileSync(`${folder}/golden.safetensors`)));
const length = golden.entry('text_embeds').shape[1] ?? 0;
const row = (values: Float32Array, i: number): Float32Array => values.subarray(i * length, (i + 1) * length);

/** Texts are the numbers of the golden's rows: '2' is row 2, up to the first end. */
async function textTower(): Promise<TextTower> {
  const model = await ClipModel.open(diskFolder(folder));
  const { endId, vocabulary, positions } = model.config.text;
  const ids = golden.integers('ids');
  const rows = (golden.entry('ids').shape[0] ?? 0) - 1;
  return {
    weights: await model.loadTextWeights(),
    positions,
    paddingId: vocabulary - 1,
    encode(text) {
      const at = Math.min(Number(/\d+/.exec(text)?.[0] ?? 0), rows) * positions;
      const whole = ids.slice(at, at + positions);
      return whole.slice(0, whole.indexOf(vocabulary - 1) + 1);
    },
    endOf: (sequence) => endOfText(sequence, endId),
    graph: (batch, tokens) => model.textGraph(batch, tokens),
  };
}

describe('encodeTexts', () => {
  it('gives the embeddings of the longest sequence and of shorter ones, in batches', async () => {
    const gpu = await sharedGpuDevice();
    const texts = Array.from({ length: 19 }, (_, i) => String(i % 4));
    const found = await encodeTexts(gpu, await textTower(), texts, 'f32');
    expect(found).toHaveLength(19);
    for (const [i, embedding] of found.entries()) {
      expect(embedding).toHaveLength(length);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
      expect(leastCosine(embedding, row(golden.floats('text_embeds'), i % 4), length)).toBeGreaterThanOrEqual(0.99999);
    }
  });

  it('needs no padding: a short text alone is the same', async () => {
    const gpu = await sharedGpuDevice();
    const [alone] = await encodeTexts(gpu, await textTower(), ['1'], 'f32');
    expect(
      leastCosine(alone ?? new Float32Array(), row(golden.floats('text_embeds'), 1), length),
    ).toBeGreaterThanOrEqual(0.99999);
  });
});

describe('TowerPromptEncoder', () => {
  it('loads the tower for new prompts alone, and leaves nothing on the GPU', async () => {
    const watch = await watchedNodeGpu();
    const gpu = new GpuDevice(watch.device, true, new Set());
    let loads = 0;
    const load = async (): Promise<TextTower> => {
      loads++;
      return textTower();
    };
    const encoder = new TowerPromptEncoder(gpu, load, { precision: 'f32', template: '{}' });
    const [first] = await encoder.encode(['1']);
    const again = await encoder.encode(['1', '2', '1']);
    await encoder.encode(['2', '1']);
    expect(loads).toBe(2);
    expect(again.map(({ prompt, kind, matchedAs }) => ({ prompt, kind, matchedAs }))).toEqual([
      { prompt: '1', kind: 'encoded', matchedAs: undefined },
      { prompt: '2', kind: 'encoded', matchedAs: undefined },
      { prompt: '1', kind: 'encoded', matchedAs: undefined },
    ]);
    expect(again[0]?.embedding).toEqual(first?.embedding);
    expect(watch.liveBuffers.size).toBe(0);
    watch.device.destroy();
  });

  it('refuses an empty prompt, takes 200 and one of 10,000 characters', async () => {
    const gpu = await sharedGpuDevice();
    const encoder = new TowerPromptEncoder(gpu, textTower, { precision: 'f32' });
    expect(await codeRejectedBy(encoder.encode(['1', ' ']))).toBe('prompt-invalid');
    const many = Array.from({ length: 199 }, (_, i) => `${i}`);
    const found = await encoder.encode([...many, `1${' dog'.repeat(2_500)}`]);
    expect(found).toHaveLength(200);
    expect(found.every(({ embedding }) => embedding.every(Number.isFinite))).toBe(true);
  });

  it("gives the signal's reason", async () => {
    const encoder = new TowerPromptEncoder(await sharedGpuDevice(), textTower, { precision: 'f32' });
    const reason = new Error('enough');
    await expect(encoder.encode(['1'], AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe.each([
  ['f32', 0.9999],
  ['f16', 0.999],
] as const)('RegionEncoder in %s', (precision, bar) => {
  async function pictureTexture(): Promise<{ gpu: GpuDevice; texture: GPUTexture; width: number; height: number }> {
    const gpu = await sharedGpuDevice();
    const [height = 0, width = 0] = golden.entry('picture').shape;
    const rgb = golden.integers('picture');
    const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : (rgb[(i >> 2) * 3 + (i % 4)] ?? 0),
    );
    const texture = gpu.device.createTexture({
      size: [width, height],
      format: 'rgba8unorm',
      usage: textureUsage.copyDst | textureUsage.textureBinding,
    });
    gpu.device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
    return { gpu, texture, width, height };
  }

  // `transformers` resizes in 8 bits: half a step of noise a pixel, hence the bar.
  it("embeds a picture as transformers' processor and tower do", async () => {
    const { gpu, texture } = await pictureTexture();
    const tower = await (await ClipModel.open(diskFolder(folder))).loadImage();
    const encoder = await RegionEncoder.create(gpu, tower, { precision, batch: 1 });
    const found = await encoder.embedPicture(texture);
    encoder.dispose();
    texture.destroy();
    expect(leastCosine(found, golden.floats('picture_embeds'), length)).toBeGreaterThanOrEqual(bar);
  });

  it('embeds regions in batches, each as it would alone', async () => {
    const { gpu, texture, width, height } = await pictureTexture();
    const tower = await (await ClipModel.open(diskFolder(folder))).loadImage();
    const regions = [
      { x: 0, y: 0, width, height },
      { x: 10.5, y: 20.25, width: 40, height: 30 },
      { x: -5, y: -5, width: 60, height: 60 },
      { x: width - 1, y: height - 1, width: 50, height: 0 },
      { x: 40, y: 10, width: 31, height: 31 },
    ];
    const batched = await RegionEncoder.create(gpu, tower, { precision, batch: 3 });
    const alone = await RegionEncoder.create(gpu, tower, { precision, batch: 1 });
    const found = await batched.embed(texture, regions);
    expect(found).toHaveLength(regions.length);
    for (const [i, region] of regions.entries()) {
      const [one = new Float32Array()] = await alone.embed(texture, [region]);
      expect(one.every(Number.isFinite)).toBe(true);
      expect(leastCosine(found[i] ?? new Float32Array(), one, length)).toBeGreaterThanOrEqual(0.99999);
    }
    // Different regions are told apart.
    expect(leastCosine(found[1] ?? new Float32Array(), found[4] ?? new Float32Array(), length)).toBeLessThan(0.999);
    batched.dispose();
    alone.dispose();
    texture.destroy();
  });
});
