import type { GpuDevice } from '../gpu/device.js';
import { textureBytes } from '../gpu/texture-bytes.js';
import { textureUsage } from '../gpu/usage.js';

/** The detector's heat maps as they were when its last look was answered: copies, as the next look overwrites them. */
export class HighlightHeat {
  readonly #gpu: GpuDevice;
  #texture: GPUTexture | undefined;
  #layers = 0;
  /** Which prompts had a map when the texture was made: the layers of the others are still zero. */
  #pattern = '';

  constructor(gpu: GpuDevice) {
    this.#gpu = gpu;
  }

  /** Prompts that have one: the first so many. */
  get layers(): number {
    return this.#layers;
  }

  get texture(): GPUTexture | undefined {
    return this.#texture;
  }

  /**
   * Copies the maps of a look, one a prompt, all of one size and format with `COPY_SRC`; a prompt without one is alike to nothing.
   * Allocates where anything but the content differs from the last look's. Returns whether the texture is another one now.
   */
  take(maps: readonly (GPUTexture | undefined)[]): boolean {
    const first = maps.find((map) => map !== undefined);
    this.#layers = first ? maps.length : 0;
    if (!first) return false;
    const pattern = maps.map((map) => (map ? '1' : '0')).join('');
    const known = this.#texture;
    const fits =
      pattern === this.#pattern &&
      known?.width === first.width &&
      known.height === first.height &&
      known.format === first.format;
    if (!fits) {
      known?.destroy();
      this.#texture = this.#create(first, maps.length);
      this.#pattern = pattern;
    }
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'vitreous/compose.heat' });
    for (const [layer, map] of maps.entries())
      if (map && this.#texture)
        encoder.copyTextureToTexture({ texture: map }, { texture: this.#texture, origin: [0, 0, layer] }, [
          map.width,
          map.height,
        ]);
    device.queue.submit([encoder.finish()]);
    return !fits;
  }

  #create({ width, height, format }: GPUTexture, layers: number): GPUTexture {
    return this.#gpu.device.createTexture({
      label: 'vitreous/compose.heat',
      size: [width, height, layers],
      format,
      usage: textureUsage.textureBinding | textureUsage.copyDst,
    });
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return textureBytes(this.#texture);
  }

  /** The last look's say nothing any more: other prompts. */
  forget(): void {
    this.#layers = 0;
  }

  dispose(): void {
    this.#texture?.destroy();
    this.#texture = undefined;
    this.#layers = 0;
  }
}
