import type { Size } from '../core/geometry.js';

/** The WebGPU side of a canvas: configured for one device at a time. */
export class CanvasSurface {
  readonly #canvas: HTMLCanvasElement;
  #context: GPUCanvasContext | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Gives the canvas to a device. Undefined where the canvas already has a context of another kind. */
  configure(device: GPUDevice, format: GPUTextureFormat): boolean {
    this.#context ??= this.#canvas.getContext('webgpu') ?? undefined;
    if (!this.#context) return false;
    this.#context.configure({
      device,
      format,
      alphaMode: 'premultiplied',
      colorSpace: 'srgb',
      usage: GPUTextureUsage.RENDER_ATTACHMENT,
    });
    return true;
  }

  /** This frame's texture, after the canvas has taken the size. Valid until the task ends. */
  texture(size: Size): GPUTexture {
    if (!this.#context) throw new RangeError('present: not configured');
    // Setting a size, even the same one, clears the canvas (HTML §4.12.5).
    if (this.#canvas.width !== size.width) this.#canvas.width = size.width;
    if (this.#canvas.height !== size.height) this.#canvas.height = size.height;
    return this.#context.getCurrentTexture();
  }

  release(): void {
    this.#context?.unconfigure();
  }
}
