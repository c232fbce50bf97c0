import { notReady } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { textureUsage } from '../gpu/usage.js';
import type { Surface } from './surface.js';

/** The WebGPU side of a canvas: configured for one device at a time. */
export class CanvasSurface implements Surface {
  readonly optional = false;
  readonly sizeBytes = 0;
  readonly #canvas: HTMLCanvasElement | OffscreenCanvas;
  readonly #format: GPUTextureFormat | undefined;
  #context: GPUCanvasContext | undefined;

  /** `format`: default the one that this machine prefers. */
  constructor(canvas: HTMLCanvasElement | OffscreenCanvas, format?: GPUTextureFormat) {
    this.#canvas = canvas;
    this.#format = format;
  }

  get format(): GPUTextureFormat {
    return this.#format ?? navigator.gpu.getPreferredCanvasFormat();
  }

  /** Gives the canvas to a device. False where the canvas already has a context of another kind. */
  configure(device: GPUDevice): boolean {
    this.#context ??= webGpuContext(this.#canvas) ?? undefined;
    if (!this.#context) return false;
    this.#context.configure({
      device,
      format: this.format,
      alphaMode: 'premultiplied',
      colorSpace: 'srgb',
      usage: textureUsage.renderAttachment,
    });
    return true;
  }

  /** This frame's texture, after the canvas has taken the size. Valid until the task ends. */
  texture(size: Size): GPUTexture {
    if (!this.#context) throw notReady('present', 'a surface', 'configure');
    // Setting a size, even the same one, clears the canvas (HTML §4.12.5).
    if (this.#canvas.width !== size.width) this.#canvas.width = size.width;
    if (this.#canvas.height !== size.height) this.#canvas.height = size.height;
    return this.#context.getCurrentTexture();
  }

  release(): void {
    this.#context?.unconfigure();
  }
}

/** Each kind of canvas has an overload of its own. Told by what it has: workers know no HTMLCanvasElement. */
function webGpuContext(canvas: HTMLCanvasElement | OffscreenCanvas): GPUCanvasContext | null {
  return 'transferControlToOffscreen' in canvas ? canvas.getContext('webgpu') : canvas.getContext('webgpu');
}
