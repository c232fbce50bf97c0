import { beforeAll, describe, expect, it } from 'vitest';
import type { Rect } from '../core/geometry.js';
import { sharedGpuDevice } from '../engine/testing/golden.js';
import { GpuDevice } from '../gpu/device.js';
import { watchedNodeGpu } from '../gpu/testing/watched-device.js';
import type { DetectModel } from './model.js';
import { PromptvitDetector, type PromptvitOptions } from './promptvit-detector.js';
import { frameOf, golden, goldenFrame, goldenModel, goldenSize, NumberedEncoder } from './testing/golden-model.js';

let model: DetectModel;
beforeAll(async () => {
  model = await goldenModel();
});

const [count = 0] = golden.entry('boxes').shape;
const boxes: readonly Rect[] = Array.from({ length: count }, (_, i) => {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = golden.floats('boxes').subarray(i * 4, i * 4 + 4);
  const { width, height } = goldenSize;
  return { x: x0 * width, y: y0 * height, width: (x1 - x0) * width, height: (y1 - y0) * height };
});

async function open(gpu: GpuDevice, prompts: readonly string[], options: PromptvitOptions = {}) {
  const encoder = new NumberedEncoder(model);
  const detector = new PromptvitDetector(gpu, model, encoder, options);
  await detector.prepare(goldenSize);
  await detector.setPrompts(prompts);
  return { detector, encoder };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** The definition, in f64: a softmax against the distractors that are no kin of the prompt. */
function probability(embedding: Float32Array, prompt: Float32Array): number {
  const { embedDim } = model.graphs;
  const { temperature, related } = model.manifest.scoring;
  let against = 0;
  for (let from = 0; from < model.distractors.length; from += embedDim) {
    const rival = model.distractors.subarray(from, from + embedDim);
    if (dot(rival, prompt) <= related)
      against += Math.exp(temperature * (dot(embedding, rival) - dot(embedding, prompt)));
  }
  return 1 / (1 + against);
}

describe('PromptvitDetector', () => {
  it.each([
    // Cosines differ by some 2^-18 in f32; the difference of two, times the temperature.
    ['f32', 2e-4],
    // Embeddings differ by what the network's own test allows in f16: cosines by some 2^-9, times the temperature.
    ['f16', 0.08],
  ] as const)('scores boxes in %s as PyTorch embeds them', async (precision, relative) => {
    const gpu = await sharedGpuDevice();
    const prompts = ['3', '40', '7'];
    const { detector, encoder } = await open(gpu, prompts, { precision, secondLook: false });
    const frame = goldenFrame(gpu);
    const scores = await detector.scoreBoxes(frame, boxes);
    const encoded = await encoder.encode(prompts);
    const { embedDim } = model.graphs;
    expect(scores).toHaveLength(boxes.length * prompts.length);
    for (const [i] of boxes.entries())
      for (const [p, { embedding }] of encoded.entries()) {
        const want = probability(golden.floats('regions').subarray(i * embedDim, (i + 1) * embedDim), embedding);
        const found = scores[i * prompts.length + p] ?? Number.NaN;
        expect(Math.abs(found - want), `box ${i}, prompt ${p}: ${found} for ${want}`).toBeLessThan(
          relative * want + 1e-6,
        );
      }
    detector.dispose();
    frame.destroy();
  });

  it('finds boxes within the frame, best first, at most maxPerPrompt a prompt, and looks again', async () => {
    const gpu = await sharedGpuDevice();
    const { detector } = await open(gpu, ['1', '2'], { maxPerPrompt: 3 });
    const frame = goldenFrame(gpu);
    expect(detector.heatMap(0)).toBeUndefined();
    const { detections } = await detector.detect(frame);
    for (const prompt of ['1', '2'])
      expect(detections.filter((found) => found.prompt === prompt).length).toBeLessThan(4);
    for (const { box, score } of detections) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(
        Math.min(box.x, box.y, goldenSize.width - box.x - box.width, goldenSize.height - box.y - box.height),
      ).toBeGreaterThan(-1e-3);
    }
    const scores = detections.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const heat = detector.heatMap(1);
    expect([heat?.width, heat?.height, heat?.format]).toEqual([
      goldenSize.width / 32,
      goldenSize.height / 32,
      'r8unorm',
    ]);
    expect(detector.heatMap(2)).toBeUndefined();
    const again = await detector.scoreBoxes(frame, boxes);
    detector.secondLook = false;
    const once = await detector.scoreBoxes(frame, boxes);
    expect(again.length).toBe(once.length);
    expect([...again]).not.toEqual([...once]);
    detector.dispose();
    frame.destroy();
  });

  it('the frame may be overwritten as soon as detect has returned', async () => {
    const gpu = await sharedGpuDevice();
    const { detector } = await open(gpu, ['5']);
    const frame = goldenFrame(gpu);
    const untouched = await detector.detect(frame);
    const look = detector.detect(frame);
    gpu.device.queue.writeTexture(
      { texture: frame },
      new Uint8Array(goldenSize.width * goldenSize.height * 4),
      { bytesPerRow: goldenSize.width * 4 },
      [goldenSize.width, goldenSize.height],
    );
    expect(await look).toEqual(untouched);
    detector.dispose();
    frame.destroy();
  });

  it('encodes a prompt once, and keeps the former prompts where others fail', async () => {
    const gpu = await sharedGpuDevice();
    const { detector, encoder } = await open(gpu, ['4', '5']);
    await detector.setPrompts(['5', '6']);
    expect(encoder.asked).toEqual(['4', '5', '6']);
    await expect(detector.setPrompts(['5', 'nothing'])).rejects.toThrow(RangeError);
    expect(detector.answers.map(({ prompt }) => prompt)).toEqual(['5', '6']);
    await detector.setPrompts([]);
    const frame = goldenFrame(gpu);
    await expect(detector.detect(frame)).rejects.toMatchObject({ code: 'disposed' });
    detector.dispose();
    frame.destroy();
  });

  it('refuses a frame of another size with a code, and a look that is disposed of ends with one', async () => {
    const gpu = await sharedGpuDevice();
    const { detector } = await open(gpu, ['4']);
    const small = gpu.device.createTexture({ size: [8, 8], format: 'rgba8unorm', usage: 5 });
    await expect(detector.detect(small)).rejects.toMatchObject({ code: 'detect-failed' });
    small.destroy();
    const frame = goldenFrame(gpu);
    const look = detector.detect(frame);
    detector.dispose();
    detector.dispose();
    await expect(look).rejects.toMatchObject({ code: 'disposed' });
    frame.destroy();
  });

  it('creates nothing but encoders from the second look on, and destroys all', async () => {
    const watch = await watchedNodeGpu();
    const gpu = new GpuDevice(watch.device, true);
    const { detector } = await open(gpu, ['4', '9']);
    const frame = frameOf(watch.device, new Uint8Array(goldenSize.width * goldenSize.height * 4).fill(90));
    await detector.detect(frame);
    watch.created.length = 0;
    await detector.detect(frame);
    expect(new Set(watch.created)).toEqual(new Set(['createCommandEncoder']));
    const [pixels = new Uint8Array()] =
      (await detector.looks?.sampleColours([{ x: 3, y: 5, width: 70, height: 20 }])) ?? [];
    expect([pixels.length, new Set(pixels)]).toEqual([16 * 16 * 4, new Set([90, 0])]);
    // Another frame size that looks the same to the network keeps it.
    const { looks } = detector;
    watch.created.length = 0;
    await detector.prepare({ width: goldenSize.width * 2, height: goldenSize.height * 2 });
    expect(detector.looks?.network).toBe(looks?.network);
    detector.dispose();
    expect(watch.liveBuffers.size).toBe(0);
    watch.device.destroy();
  });
});
