import { disposeSymbol } from '../../core/dispose.js';
import { notReady, VitreousError } from '../../core/errors.js';
import { type Rect, type Size, sameSize } from '../../core/geometry.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { textureBytes } from '../../gpu/texture-bytes.js';
import { detectionsOf } from '../best-boxes.js';
import type {
  Detector,
  DetectorOptions,
  DetectorResult,
  EncodedPrompt,
  PromptAnswer,
  PromptEncoder,
} from '../detector.js';
import type { BoxSource } from './box-source.js';
import type { RegionEncoder } from './region-encoder.js';

/** What a tower detector is put together from; all of it is disposed with it. */
export interface TowerDetectorParts {
  readonly boxes: BoxSource;
  readonly prompts: PromptEncoder;
  readonly regions: RegionEncoder;
  /** What cosines are multiplied by before the softmax: the model's own, `ClipModel.logitScale`. */
  readonly logitScale: number;
}

export interface TowerDetectorOptions extends DetectorOptions {
  /** How many of the best boxes are embedded a look. Default 16. */
  readonly regions?: number | undefined;
}

const defaults = { regions: 16, maxPerPrompt: 100 } as const;

/** What a prompt must beat: what a box shows when it shows nothing in particular. */
const rivals = ['thing', 'background', 'wall', 'sky', 'ground', 'texture'] as const;

/** Room around a box, as a share of its longer side: a tower judges a thing better with a little of what is about it. */
const context = 1.125;

/** COPY_DST | TEXTURE_BINDING; the globals are absent in Node. */
const copyUsage = 0x2 | 0x4;

/** A square around a box, moved and cut so that it lies within the frame. */
export function regionOf(box: Rect, frame: Size): Rect {
  const side = Math.max(box.width, box.height) * context;
  const along = (begin: number, length: number, most: number): readonly [number, number] => {
    const size = Math.min(side, most);
    return [Math.min(Math.max(begin + length / 2 - size / 2, 0), most - size), size];
  };
  const [[x, width], [y, height]] = [along(box.x, box.width, frame.width), along(box.y, box.height, frame.height)];
  return { x, y, width, height };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** How probably a region shows what each prompt names: a softmax of each prompt against the rivals. */
export function promptProbabilities(
  region: Float32Array,
  prompts: readonly Float32Array[],
  against: readonly Float32Array[],
  logitScale: number,
): readonly number[] {
  const others = against.map((rival) => dot(region, rival));
  return prompts.map((prompt) => {
    const own = dot(region, prompt);
    return 1 / (1 + others.reduce((sum, other) => sum + Math.exp(logitScale * (other - own)), 0));
  });
}

/**
 * Prompts by a CLIP: another model's boxes, the best of which an image tower embeds, each compared with the prompts' texts. Slower than
 * the shipped model, and good for whatever the tower knows: colours, clothes, relations.
 */
export class TowerDetector implements Detector {
  readonly #gpu: GpuDevice;
  readonly #parts: TowerDetectorParts;
  readonly #regions: number;
  readonly #maxPerPrompt: number;
  #prompts: readonly EncodedPrompt[] = [];
  #rivals: readonly EncodedPrompt[] = [];
  /** A frame as one look keeps it: the caller's may change while boxes are awaited. */
  #copy: GPUTexture | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(gpu: GpuDevice, parts: TowerDetectorParts, options: TowerDetectorOptions = {}) {
    this.#gpu = gpu;
    this.#parts = parts;
    this.#regions = options.regions ?? defaults.regions;
    this.#maxPerPrompt = options.maxPerPrompt ?? defaults.maxPerPrompt;
  }

  get precision(): Precision {
    return this.#parts.regions.precision;
  }

  get answers(): readonly PromptAnswer[] {
    return this.#prompts;
  }

  get sizeBytes(): number {
    return textureBytes(this.#copy) + this.#parts.boxes.sizeBytes + this.#parts.regions.sizeBytes;
  }

  async prepare(size: Size, signal?: AbortSignal): Promise<void> {
    await this.#parts.boxes.prepare(size, signal);
    await this.#busy;
    this.#alive();
    if (this.#copy && sameSize(this.#copy, size)) return;
    this.#copy?.destroy();
    this.#copy = await this.#gpu.checked('a copy of the frame', () =>
      this.#gpu.device.createTexture({
        label: 'vitreous/detect.copy',
        size: [size.width, size.height],
        format: 'rgba8unorm',
        usage: copyUsage,
      }),
    );
    await this.#parts.regions.prepare(this.#copy);
    signal?.throwIfAborted();
  }

  async setPrompts(prompts: readonly string[], signal?: AbortSignal): Promise<readonly PromptAnswer[]> {
    // One loading of the tower for both.
    const encoded = await this.#parts.prompts.encode([...prompts, ...rivals], signal);
    signal?.throwIfAborted();
    this.#prompts = encoded.slice(0, prompts.length);
    this.#rivals = encoded.slice(prompts.length);
    return this.#prompts;
  }

  async detect(frame: GPUTexture): Promise<DetectorResult> {
    const copy = this.#copy;
    if (!copy) throw notReady('detect', 'a detector', 'prepare');
    this.#alive();
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'vitreous/detect.copy' });
    encoder.copyTextureToTexture({ texture: frame }, { texture: copy }, [copy.width, copy.height]);
    this.#gpu.device.queue.submit([encoder.finish()]);
    const look = this.#look(copy, this.#parts.boxes.propose(frame));
    this.#busy = look.catch(() => {});
    try {
      return await look;
    } catch (cause) {
      if (cause instanceof VitreousError) throw cause;
      throw this.#disposed ? notReady('detect', 'a detector', 'prepare') : failed(cause);
    }
  }

  async #look(frame: GPUTexture, proposed: ReturnType<BoxSource['propose']>): Promise<DetectorResult> {
    const [prompts, against] = [this.#prompts, this.#rivals];
    const best = (await proposed).slice(0, this.#regions);
    if (best.length === 0 || prompts.length === 0) return { detections: [] };
    const regions = best.map(({ box }) => regionOf(box, frame));
    const embeddings = await this.#parts.regions.embed(frame, regions);
    const vectors = prompts.map(({ embedding }) => embedding);
    const rivalVectors = against.map(({ embedding }) => embedding);
    const scores = embeddings.flatMap((region) =>
      promptProbabilities(region, vectors, rivalVectors, this.#parts.logitScale),
    );
    const scored = {
      boxes: best.map(({ box }) => box),
      prompts: prompts.map(({ prompt }) => prompt),
      scores: Float32Array.from(scores),
    };
    return { detections: detectionsOf(scored, this.#maxPerPrompt) };
  }

  /** A tower of class tokens has no dense map. */
  heatMap(): undefined {}

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#copy?.destroy();
    this.#copy = undefined;
    this.#parts.boxes.dispose();
    this.#parts.regions.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #alive(): void {
    if (this.#disposed) throw notReady('detect', 'a detector', 'prepare');
  }
}

const failed = (cause: unknown): VitreousError =>
  new VitreousError({
    code: 'detect-failed',
    stage: 'detect',
    found: String(cause),
    expected: 'the results of a look',
    fix: 'The next look may succeed; playback goes on.',
    cause,
  });
