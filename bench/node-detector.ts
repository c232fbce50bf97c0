import { readFile } from 'node:fs/promises';
import type { Pixels } from '../cli/gpu/node-upscaler.js';
import { promptvit, shipped } from '../models/promptvit/index.js';
import { VitreousError } from '../plugin/core/errors.js';
import { type Size, sameSize } from '../plugin/core/geometry.js';
import type { Detector } from '../plugin/detect/detector.js';
import { PromptvitDetector, type PromptvitOptions } from '../plugin/detect/promptvit-detector.js';
import { checkDetectionManifest } from '../plugin/engine/files/detection-manifest.js';
import { readWeights } from '../plugin/engine/files/load.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import { openPromptEncoder } from './prompt-encoder.js';

const bytesOf = async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(new URL(`../models/promptvit/${path}`, import.meta.url)));

/** The shipped prompt model in Node, or another detector, fed with pictures. */
export class NodeDetector<D extends Detector = PromptvitDetector> {
  readonly detector: D;
  /** Prompts that could not be grounded, and why. */
  readonly unknown = new Map<string, VitreousError>();
  readonly #gpu: GpuDevice;
  #size: Size | undefined;
  #frame: GPUTexture | undefined;

  constructor(gpu: GpuDevice, detector: D) {
    this.#gpu = gpu;
    this.detector = detector;
  }

  static async open(gpu: GpuDevice, options: PromptvitOptions): Promise<NodeDetector> {
    const manifest = checkDetectionManifest(shipped.manifest, 'promptvit');
    const weights = await readWeights(await bytesOf(manifest.weights.file), manifest, 'promptvit');
    const encoder = await openPromptEncoder();
    return new NodeDetector(gpu, new PromptvitDetector(gpu, promptvit(manifest, weights), encoder, options));
  }

  /** Takes those of the prompts that can be grounded; the others are in `unknown`. */
  async setPrompts(prompts: readonly string[]): Promise<readonly string[]> {
    const known: string[] = [];
    this.unknown.clear();
    for (const prompt of prompts)
      try {
        await this.detector.setPrompts([...known, prompt]);
        known.push(prompt);
      } catch (thrown) {
        if (!(thrown instanceof VitreousError && thrown.code.startsWith('prompt-'))) throw thrown;
        this.unknown.set(prompt, thrown);
      }
    return known;
  }

  /** The picture in a frame texture, the detector prepared for its size. */
  async frame(pixels: Pixels): Promise<GPUTexture> {
    const { width, height } = pixels;
    if (!this.#frame || !sameSize(this.#size, pixels)) {
      this.#frame?.destroy();
      this.#frame = this.#gpu.device.createTexture({
        label: 'frame',
        size: [width, height],
        format: 'rgba8unorm',
        usage: 0x1 | 0x2 | 0x4, // COPY_SRC | COPY_DST | TEXTURE_BINDING
      });
      this.#size = { width, height };
      await this.detector.prepare(this.#size);
    }
    // A copy where the view might be on a shared buffer: writeTexture takes none.
    const data = pixels.data.buffer instanceof ArrayBuffer ? pixels.data : pixels.data.slice();
    this.#gpu.device.queue.writeTexture(
      { texture: this.#frame },
      data as Uint8Array<ArrayBuffer>, // By the line above.
      { bytesPerRow: width * 4 },
      [width, height],
    );
    return this.#frame;
  }

  dispose(): void {
    this.detector.dispose();
    this.#frame?.destroy();
  }
}
