import { notReady } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { textureBytes } from '../gpu/texture-bytes.js';
import { textureUsage } from '../gpu/usage.js';
import type { Surface } from './surface.js';

/** A texture that stays, for those who draw themselves. Made when first drawn on, and again for another size. */
export class TextureSurface implements Surface {
  readonly format = 'rgba8unorm';
  readonly optional = true;
  #device: GPUDevice | undefined;
  #texture: GPUTexture | undefined;

  get sizeBytes(): number {
    return textureBytes(this.#texture);
  }

  configure(device: GPUDevice): boolean {
    this.release();
    this.#device = device;
    return true;
  }

  texture({ width, height }: Size): GPUTexture {
    if (!this.#device) throw notReady('present', 'a surface', 'configure');
    const known = this.#texture;
    if (known?.width === width && known.height === height) return known;
    known?.destroy();
    this.#texture = this.#device.createTexture({
      label: 'vitreous/composed',
      size: [width, height],
      format: this.format,
      viewFormats: ['rgba8unorm-srgb'],
      usage: textureUsage.renderAttachment | textureUsage.textureBinding | textureUsage.copySrc,
    });
    return this.#texture;
  }

  release(): void {
    this.#texture?.destroy();
    this.#texture = undefined;
    this.#device = undefined;
  }
}
