import ingestWgsl from '../../shaders/ingest/ingest.wgsl';
import { disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Stage } from '../core/stage.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Kernel } from '../gpu/kernel.js';
import type { PassTimings } from '../gpu/timer.js';

const ingestKernel: Kernel = {
  name: 'ingest/ingest',
  source: ingestWgsl,
  bindings: ['external-texture', 'sampler', 'storage-texture-rgba8unorm'],
};

const workgroupSize = 8;

/** How frames get onto the device: external textures, or where those are missing a copy. */
type ImportPath = 'external' | 'copy';

/** Turns video frames into an ordinary texture. The only place that sees an external texture. */
export class IngestStage implements Stage {
  readonly #gpu: GpuDevice;
  readonly #sampler: GPUSampler;
  #pipeline: GPUComputePipeline | undefined;
  #layout: GPUBindGroupLayout | undefined;
  #texture: GPUTexture | undefined;
  #view: GPUTextureView | undefined;
  #bindGroup: GPUBindGroup | undefined;
  #path: ImportPath = 'external';

  constructor(gpu: GpuDevice) {
    this.#gpu = gpu;
    this.#sampler = gpu.device.createSampler({
      label: 'vitreous/ingest.linear',
      magFilter: 'linear',
      minFilter: 'linear',
    });
  }

  /** The last frame, rgba8unorm at display size. */
  get frame(): GPUTexture {
    if (!this.#texture) throw new RangeError('ingest: not prepared');
    return this.#texture;
  }

  async prepare(size: Size, signal?: AbortSignal): Promise<Size> {
    this.#pipeline = await this.#gpu.pipelines.compile({ kernel: ingestKernel, precision: 'f32', consts: {} });
    signal?.throwIfAborted();
    this.#layout = this.#gpu.pipelines.layout(ingestKernel.bindings);
    this.#texture?.destroy();
    this.#texture = await this.#gpu.checked('frame texture', () =>
      this.#gpu.device.createTexture({
        label: 'vitreous/ingest.frame',
        size: [size.width, size.height],
        format: 'rgba8unorm',
        usage:
          GPUTextureUsage.TEXTURE_BINDING |
          GPUTextureUsage.STORAGE_BINDING |
          GPUTextureUsage.COPY_SRC |
          GPUTextureUsage.COPY_DST |
          GPUTextureUsage.RENDER_ATTACHMENT, // The copy path needs it (WebGPU §19.2 copyExternalImageToTexture).
      }),
    );
    this.#view = this.#texture.createView({ label: 'vitreous/ingest.frame' });
    signal?.throwIfAborted();
    return size;
  }

  /**
   * Takes hold of a frame for the commands recorded in this task: external textures expire when it ends.
   *
   * @throws VitreousError `frame-import` where the device takes no video frames.
   */
  import(frame: VideoFrame): void {
    const { device } = this.#gpu;
    this.#bindGroup = undefined;
    if (this.#path === 'external') {
      try {
        this.#bindGroup = this.#bind(device.importExternalTexture({ label: 'vitreous/frame', source: frame }));
        return;
      } catch {
        // Tried once a stage: a device that takes no external textures never will.
        this.#path = 'copy';
      }
    }
    try {
      const { width, height } = this.frame;
      device.queue.copyExternalImageToTexture({ source: frame }, { texture: this.frame }, [width, height]);
    } catch (cause) {
      throw new VitreousError({
        code: 'frame-import',
        stage: 'ingest',
        found: String(cause),
        expected: 'a device that imports VideoFrames',
        fix: 'Use a browser whose WebGPU imports video; the native video plays on.',
        cause,
      });
    }
  }

  /** Encodes the pass of the frame that was imported in this task. */
  record(encoder: GPUCommandEncoder, timings: PassTimings): void {
    const { width, height } = this.frame;
    if (!this.#bindGroup || !this.#pipeline) return;
    const pass = encoder.beginComputePass(timings.pass('ingest'));
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    pass.dispatchWorkgroups(Math.ceil(width / workgroupSize), Math.ceil(height / workgroupSize));
    pass.end();
    this.#bindGroup = undefined;
  }

  #bind(external: GPUExternalTexture): GPUBindGroup {
    if (!this.#layout || !this.#view) throw new RangeError('ingest: not prepared');
    return this.#gpu.device.createBindGroup({
      label: 'vitreous/ingest.frame',
      layout: this.#layout,
      entries: [
        { binding: 0, resource: external },
        { binding: 1, resource: this.#sampler },
        { binding: 2, resource: this.#view },
      ],
    });
  }

  dispose(): void {
    this.#texture?.destroy();
    this.#texture = undefined;
    this.#view = undefined;
    this.#bindGroup = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
