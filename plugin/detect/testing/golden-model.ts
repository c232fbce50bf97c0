import { readFileSync } from 'node:fs';
import { promptvit, shipped } from '../../../models/promptvit/index.js';
import { checkDetectionManifest } from '../../engine/files/detection-manifest.js';
import { readWeights } from '../../engine/files/load.js';
import { SafetensorsFile } from '../../engine/weights/safetensors.js';
import type { GpuDevice } from '../../gpu/device.js';
import { textureUsage } from '../../gpu/usage.js';
import type { EncodedPrompt, PromptEncoder } from '../detector.js';
import type { DetectModel } from '../model.js';

const file = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../../models/promptvit/${name}`, import.meta.url)));

/** PyTorch's look at a small picture; see models/training/promptvit/export.py. */
export const golden = new SafetensorsFile(file('golden.safetensors'));
const [height = 0, width = 0] = golden.entry('pixels').shape;
export const goldenSize = { width, height };

/** The shipped model looking at pictures of the golden's size as they are, so that a look takes little of a software GPU's time. */
export async function goldenModel(): Promise<DetectModel> {
  const raw = checkDetectionManifest(shipped.manifest, 'promptvit');
  const weights = await readWeights(file('weights.safetensors'), raw, 'promptvit');
  const input = { ...raw.input, longSide: width, cropSide: 32 };
  return promptvit({ ...raw, input, scoring: { ...raw.scoring, secondLookCount: 2 } }, weights);
}

/** The golden's picture as a frame. */
export function goldenFrame({ device }: GpuDevice): GPUTexture {
  const { mean, scale } = checkDetectionManifest(shipped.manifest, 'promptvit').input;
  const values = golden.floats('pixels');
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) data[i * 4 + c] = Math.round((values[i * 3 + c] ?? 0) / scale + mean);
  return frameOf(device, data);
}

export function frameOf(device: GPUDevice, data: Uint8Array<ArrayBuffer>): GPUTexture {
  const texture = device.createTexture({
    label: 'frame',
    size: [width, height],
    format: 'rgba8unorm',
    usage: textureUsage.copySrc | textureUsage.copyDst | textureUsage.textureBinding,
  });
  device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

/** Answers each prompt with the direction of the distractor of that number, moved a little; counts what it was asked. */
export class NumberedEncoder implements PromptEncoder {
  readonly asked: string[] = [];
  readonly #model: DetectModel;

  constructor(model: DetectModel) {
    this.#model = model;
  }

  async encode(prompts: readonly string[]): Promise<readonly EncodedPrompt[]> {
    this.asked.push(...prompts);
    return prompts.map((prompt) => {
      const embedding = directionOf(this.#model, Number(prompt));
      return { prompt, embedding, matchedAs: prompt, kind: 'exact', confidence: 1, colour: undefined };
    });
  }
}

function directionOf({ distractors, graphs: { embedDim } }: DetectModel, i: number): Float32Array {
  if (!(i >= 0 && i < distractors.length / embedDim)) throw new RangeError(`prompt ${i}`);
  const moved = distractors.slice(i * embedDim, (i + 1) * embedDim).map((value, k) => value + 0.02 * Math.sin(k));
  const norm = Math.hypot(...moved);
  return moved.map((value) => value / norm);
}
