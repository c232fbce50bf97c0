import type { Size } from '../core/geometry.js';

/** What a picture is drawn on: a canvas or a texture, on one device at a time. */
export interface Surface {
  /** Of its textures. */
  readonly format: GPUTextureFormat;
  /** Drawn on only where that shows more than the picture's own texture: highlights, a split. */
  readonly optional: boolean;
  /** GPU memory of textures of its own; a canvas's are the browser's. */
  readonly sizeBytes: number;
  /** Gives it to a device. False where it belongs to something else already. */
  configure(device: GPUDevice): boolean;
  /** What to draw on, of this size. */
  texture(size: Size): GPUTexture;
  release(): void;
}
