import type { DisposableResource } from '../../plugin/core/dispose.js';
import type { Size } from '../../plugin/core/geometry.js';
import type { GpuDevice } from '../../plugin/gpu/device.js';
import type { Picture } from './metrics.js';

export const families = ['vitreous', 'anime4k-webgpu', 'websr'] as const;
export type Family = (typeof families)[number];

/** A frame in every form in which an upscaler may want it, all made from the same bytes before anything is timed. */
export interface Frame extends Size {
  readonly pixels: Picture;
  /** rgba8unorm, may be copied from and bound. */
  readonly texture: GPUTexture;
  readonly bitmap: ImageBitmap;
}

/** An upscaler, compiled for one size of frame. */
export interface Contender extends DisposableResource {
  /** rgba8unorm texture that `run` reads: the frame is copied into it. */
  readonly input: GPUTexture;
  /** Texture of twice the size that `run` writes, of any format that loads as floats. */
  readonly output: GPUTexture;
  /** The next frame follows none of those before it. Absent where frames don't depend on each other. */
  readonly forget?: () => void;
  /** Encodes and submits what turns `input` into `output`. */
  run(): void;
  /** One frame by the upscaler's own interface, where that does more than `run`. */
  readonly runAsShipped?: () => Promise<void>;
}

/** An upscaler with its code and weights loaded, not yet compiled. */
export interface Entry {
  readonly name: string;
  readonly family: Family;
  /** Frames get a width and a height that are multiples of it, by repeating their edge pixels. */
  readonly alignment: { readonly timed: number; readonly judged: number };
  /** Compiles, and resolves once the frame has been through and submitted: its first result. */
  open(gpu: GpuDevice, frame: Frame): Promise<Contender>;
}

/** Copies a frame to where the contender reads it. */
export function handOver({ device }: GpuDevice, frame: Frame, input: GPUTexture): void {
  const encoder = device.createCommandEncoder({ label: 'bench/frame' });
  encoder.copyTextureToTexture({ texture: frame.texture }, { texture: input }, [frame.width, frame.height]);
  device.queue.submit([encoder.finish()]);
}
