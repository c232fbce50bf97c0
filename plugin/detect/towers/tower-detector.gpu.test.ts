import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { ClipModel } from '../../../models/clip/index.js';
import { diskFolder } from '../../engine/testing/disk-folder.js';
import { sharedGpuDevice } from '../../engine/testing/golden.js';
import { codeRejectedBy } from '../../engine/testing/thrown.js';
import type { EncodedPrompt, PromptEncoder } from '../detector.js';
import type { DetectModel } from '../model.js';
import { goldenFrame, goldenModel, goldenSize } from '../testing/golden-model.js';
import { PromptvitBoxes } from './box-source.js';
import { RegionEncoder } from './region-encoder.js';
import { promptProbabilities, regionOf, TowerDetector } from './tower-detector.js';

// The shipped model's boxes, and a small CLIP of seeded weights, whose embeddings are definite but mean nothing.

const folder = fileURLToPath(new URL('../../../models/clip/testdata/quick', import.meta.url));

/** Prompts as unit vectors drawn from their letters. */
class LetterEncoder implements PromptEncoder {
  readonly #length: number;
  calls = 0;

  constructor(length: number) {
    this.#length = length;
  }

  async encode(prompts: readonly string[]): Promise<readonly EncodedPrompt[]> {
    this.calls++;
    return prompts.map((prompt) => {
      const raw = Float32Array.from({ length: this.#length }, (_, i) =>
        Math.sin([...prompt].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) * (i + 1)),
      );
      const norm = Math.hypot(...raw);
      const embedding = raw.map((value) => value / norm);
      return { prompt, embedding, matchedAs: undefined, kind: 'encoded', confidence: 1, colour: undefined };
    });
  }
}

let model: DetectModel;
beforeAll(async () => {
  model = await goldenModel();
});

async function openDetector(regions: number) {
  const gpu = await sharedGpuDevice();
  const tower = await (await ClipModel.open(diskFolder(folder))).loadImage();
  const encoder = await RegionEncoder.create(gpu, tower, { precision: 'f32', batch: 4 });
  const prompts = new LetterEncoder(encoder.length);
  const boxes = new PromptvitBoxes(gpu, model, 'f32');
  const logitScale = 10;
  const detector = new TowerDetector(
    gpu,
    { boxes, prompts, regions: encoder, logitScale },
    { regions, maxPerPrompt: 3 },
  );
  return { gpu, detector, prompts, encoder, boxes };
}

describe('TowerDetector', () => {
  it("scores the best boxes by the tower, whatever becomes of the caller's frame", async () => {
    const { gpu, detector, prompts, encoder, boxes } = await openDetector(6);
    await detector.prepare(goldenSize);
    const answers = await detector.setPrompts(['red car', 'dog']);
    expect(answers.map(({ prompt, kind }) => [prompt, kind])).toEqual([
      ['red car', 'encoded'],
      ['dog', 'encoded'],
    ]);
    const frame = goldenFrame(gpu);
    const look = detector.detect(frame);
    const { width, height } = goldenSize;
    gpu.device.queue.writeTexture({ texture: frame }, new Uint8Array(width * height * 4), { bytesPerRow: width * 4 }, [
      width,
      height,
    ]);
    const { detections } = await look;
    expect(detections.length).toBeGreaterThan(0);
    expect(detections.map(({ score }) => score)).toEqual(detections.map(({ score }) => score).sort((a, b) => b - a));
    for (const prompt of ['red car', 'dog'])
      expect(detections.filter((found) => found.prompt === prompt).length).toBeLessThanOrEqual(3);

    // By definition, on a fresh frame.
    const fresh = goldenFrame(gpu);
    const proposals = (await boxes.propose(fresh)).slice(0, 6);
    const [car, dog, ...against] = (
      await prompts.encode(['red car', 'dog', 'thing', 'background', 'wall', 'sky', 'ground', 'texture'])
    ).map(({ embedding }) => embedding);
    for (const { prompt, score, box } of detections) {
      expect(proposals.map((proposal) => proposal.box)).toContainEqual(box);
      const [region = new Float32Array()] = await encoder.embed(fresh, [regionOf(box, goldenSize)]);
      const own = (prompt === 'dog' ? dog : car) ?? new Float32Array();
      const [expected = Number.NaN] = promptProbabilities(region, [own], against, 10);
      // The same numbers but for the batch they were computed in: some roundings of f32.
      expect(Math.abs(score - expected)).toBeLessThanOrEqual(1e-4);
    }
    detector.dispose();
    detector.dispose();
    expect(await codeRejectedBy(detector.detect(fresh))).toBe('disposed');
  });

  it('finds nothing without prompts, and asks for a preparation first', async () => {
    const { gpu, detector, prompts } = await openDetector(2);
    const frame = goldenFrame(gpu);
    expect(await codeRejectedBy(detector.detect(frame))).toBe('disposed');
    await detector.prepare(goldenSize);
    expect((await detector.detect(frame)).detections).toEqual([]);
    await detector.setPrompts(['dog']);
    expect(prompts.calls).toBe(1);
    expect(detector.heatMap()).toBeUndefined();
    detector.dispose();
  });
});

describe('regionOf', () => {
  it('is a square around the box, within the frame', () => {
    const frame = { width: 200, height: 100 };
    expect(regionOf({ x: 50, y: 40, width: 20, height: 10 }, frame)).toEqual({
      x: 48.75,
      y: 33.75,
      width: 22.5,
      height: 22.5,
    });
    expect(regionOf({ x: 0, y: 0, width: 20, height: 20 }, frame)).toEqual({ x: 0, y: 0, width: 22.5, height: 22.5 });
    expect(regionOf({ x: 0, y: 10, width: 180, height: 20 }, frame)).toEqual({ x: 0, y: 0, width: 200, height: 100 });
  });
});
