import { type DisposableResource, disposeSymbol } from '../plugin/core/dispose.js';
import type { Size } from '../plugin/core/geometry.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Kernel } from '../plugin/gpu/kernel.js';
import source from './bilinear.wgsl';

const kernel: Kernel = { name: 'bilinear', source, bindings: ['texture', 'sampler', 'storage-texture-rgba8unorm'] };
const workgroup = 8;

/** A bilinear x2 pass on the same device: what upscaling costs at the very least. */
export class BilinearPass implements DisposableResource {
  /** Read and written once each, RGBA 8 bit. */
  readonly movedBytes: number;
  /** Four products a channel. */
  readonly macs: number;
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #group: GPUBindGroup;
  readonly #textures: readonly GPUTexture[];

  private constructor(gpu: GpuDevice, pipeline: GPUComputePipeline, size: Size) {
    this.#device = gpu.device;
    this.#pipeline = pipeline;
    const pixels = size.width * size.height;
    this.movedBytes = pixels * 4 * 5;
    this.macs = pixels * 4 * 3 * 4;
    const texture = (label: string, scale: number, usage: number): GPUTexture =>
      gpu.device.createTexture({
        label,
        size: [size.width * scale, size.height * scale],
        format: 'rgba8unorm',
        usage,
      });
    const frame = texture('bilinear/frame', 1, 0x4); // TEXTURE_BINDING
    const picture = texture('bilinear/picture', 2, 0x8); // STORAGE_BINDING
    this.#textures = [frame, picture];
    this.#group = gpu.device.createBindGroup({
      label: 'bilinear',
      layout: gpu.pipelines.layout(kernel.bindings),
      entries: [
        { binding: 0, resource: frame.createView() },
        { binding: 1, resource: gpu.device.createSampler({ magFilter: 'linear', minFilter: 'linear' }) },
        { binding: 2, resource: picture.createView() },
      ],
    });
  }

  static async create(gpu: GpuDevice, size: Size): Promise<BilinearPass> {
    const pipeline = await gpu.pipelines.compile({ kernel, precision: 'f32', consts: {} });
    return new BilinearPass(gpu, pipeline, size);
  }

  /** Runs it once. Resolves to the milliseconds from submit to done on the GPU. */
  async time(): Promise<number> {
    const startMs = performance.now();
    const encoder = this.#device.createCommandEncoder({ label: 'bilinear' });
    const pass = encoder.beginComputePass({ label: 'bilinear' });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    const { width = 0, height = 0 } = this.#textures[1] ?? {};
    pass.dispatchWorkgroups(Math.ceil(width / workgroup), Math.ceil(height / workgroup));
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
    return performance.now() - startMs;
  }

  dispose(): void {
    for (const texture of this.#textures) texture.destroy();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
