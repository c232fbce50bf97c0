import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import { textureBytes } from '../gpu/texture-bytes.js';
import { textureUsage } from '../gpu/usage.js';

const usage = textureUsage.copySrc | textureUsage.copyDst | textureUsage.textureBinding;

/** The dense scores of the last look as textures, each made when it is first asked for. */
export class PromptHeat implements DisposableResource {
  readonly #gpu: GpuDevice;
  readonly #size: Size;
  readonly #textures: { readonly texture: GPUTexture; look: number }[] = [];
  #scores: Float32Array | undefined;
  #prompts = 0;
  #look = 0;

  constructor(gpu: GpuDevice, size: Size) {
    this.#gpu = gpu;
    this.#size = size;
  }

  /** @param scores `[cells, prompts]` */
  set(scores: Float32Array, prompts: number): void {
    this.#scores = scores;
    this.#prompts = prompts;
    this.#look++;
  }

  /** r8unorm, of the last look; undefined before it, or for a prompt it did not have. */
  texture(promptIndex: number): GPUTexture | undefined {
    const scores = this.#scores;
    if (!scores || !(promptIndex >= 0 && promptIndex < this.#prompts)) return undefined;
    const { width, height } = this.#size;
    const known = this.#textures[promptIndex] ?? {
      texture: this.#gpu.device.createTexture({
        label: `vitreous/detect.heat.${promptIndex}`,
        size: [width, height],
        format: 'r8unorm',
        usage,
      }),
      look: 0,
    };
    this.#textures[promptIndex] = known;
    if (known.look !== this.#look) {
      const bytes = Uint8Array.from({ length: width * height }, (_, cell) =>
        Math.round((scores[cell * this.#prompts + promptIndex] ?? 0) * 255),
      );
      const { queue } = this.#gpu.device;
      queue.writeTexture({ texture: known.texture }, bytes, { bytesPerRow: width }, [width, height]);
      known.look = this.#look;
    }
    return known.texture;
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#textures.reduce((bytes, known) => bytes + textureBytes(known?.texture), 0);
  }

  dispose(): void {
    for (const known of this.#textures) known?.texture.destroy();
    this.#textures.length = 0;
    this.#scores = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
