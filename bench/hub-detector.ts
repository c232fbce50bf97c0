import { readFile } from 'node:fs/promises';
import { ClipModel } from '../models/clip/index.js';
import { promptvit, shipped } from '../models/promptvit/index.js';
import { PromptvitBoxes } from '../plugin/detect/towers/box-source.js';
import { RegionEncoder } from '../plugin/detect/towers/region-encoder.js';
import { TowerPromptEncoder } from '../plugin/detect/towers/text-encoder.js';
import { TowerDetector } from '../plugin/detect/towers/tower-detector.js';
import { checkDetectionManifest } from '../plugin/engine/files/detection-manifest.js';
import { readWeights } from '../plugin/engine/files/load.js';
import { diskFolder } from '../plugin/engine/testing/disk-folder.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';

/** Boxes of a picture that the tower judges. */
const regions = 32;

/**
 * A detector by a CLIP in Hugging Face's files: the shipped model's boxes, judged by the tower.
 *
 * @param prompts those that will be set: one loading of the text tower serves them all
 */
export async function openHubDetector(
  gpu: GpuDevice,
  path: string,
  prompts: readonly string[],
  requested?: Precision,
): Promise<TowerDetector> {
  const precision = requested ?? (gpu.caps.shaderF16 && !gpu.caps.software ? 'f16' : 'f32');
  const clip = await ClipModel.open(diskFolder(path));
  const manifest = checkDetectionManifest(shipped.manifest, 'promptvit');
  const file = new URL(`../models/promptvit/${manifest.weights.file}`, import.meta.url);
  const weights = await readWeights(new Uint8Array(await readFile(file)), manifest, 'promptvit');
  const encoder = new TowerPromptEncoder(gpu, (signal) => clip.loadText({ signal }), { precision });
  const logitScale = await clip.logitScale();
  const detector = new TowerDetector(
    gpu,
    {
      boxes: new PromptvitBoxes(gpu, promptvit(manifest, weights), precision),
      prompts: encoder,
      regions: await RegionEncoder.create(gpu, await clip.loadImage(), { precision }),
      logitScale,
    },
    { regions },
  );
  await detector.setPrompts(prompts);
  return detector;
}
