import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import type { Embedder } from './embedder.js';
import { NodeDetector } from './node-detector.js';
import { openPromptEncoder } from './prompt-encoder.js';

/** The shipped prompt model as an embedder: a picture as one region of itself, seen in both looks; texts by its own text side. */
export async function openPromptvitEmbedder(gpu: GpuDevice, precision: Precision): Promise<Embedder> {
  const { detector } = await NodeDetector.open(gpu, { precision });
  const encoder = await openPromptEncoder();
  return {
    texts: async (texts) => (await encoder.encode(texts)).map(({ embedding }) => embedding),
    picture: async (texture) => {
      await detector.prepare(texture);
      return detector.embedPicture(texture);
    },
    dispose: () => detector.dispose(),
  };
}
