import { shader } from '../../shaders/detect/cut.wgsl';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { GpuDevice } from '../gpu/device.js';
import { kernelOf } from '../gpu/shader.js';
import { bufferUsage, mapModeRead } from '../gpu/usage.js';

const cutKernel = kernelOf('detect/cut', shader);

const stateBytes = 8 + 256 * 4;
const countBytes = 4;

/**
 * Counts cuts on the GPU, frame by frame: what is drawn can go with the shot it belongs to in the very frame of the cut, and nothing
 * comes back to the CPU but a number now and then.
 */
export class CutDetector implements DisposableResource {
  readonly #gpu: GpuDevice;
  readonly #state: GPUBuffer;
  readonly #readback: GPUBuffer;
  readonly #sampler: GPUSampler;
  readonly #pipeline: GPUComputePipeline;
  #bindGroups: readonly GPUBindGroup[] = [];
  #reading: Promise<number> | undefined;

  private constructor(gpu: GpuDevice, pipeline: GPUComputePipeline) {
    this.#gpu = gpu;
    this.#pipeline = pipeline;
    const { device } = gpu;
    this.#state = device.createBuffer({
      label: 'vitreous/cuts',
      size: stateBytes,
      usage: bufferUsage.storage | bufferUsage.copySrc,
    });
    this.#readback = device.createBuffer({
      label: 'vitreous/cuts.readback',
      size: countBytes,
      usage: bufferUsage.mapRead | bufferUsage.copyDst,
    });
    this.#sampler = device.createSampler({ label: 'vitreous/cuts', magFilter: 'linear', minFilter: 'linear' });
  }

  /** @throws VitreousError `pipeline-failed`. */
  static async create(gpu: GpuDevice): Promise<CutDetector> {
    const pipeline = await gpu.pipelines.compile({ kernel: cutKernel, precision: 'f32', consts: {} });
    return new CutDetector(gpu, pipeline);
  }

  /** Its first word is the number of cuts so far; may be copied from. */
  get count(): GPUBuffer {
    return this.#state;
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#state.size + this.#readback.size;
  }

  /** Sets the textures that frames go to in turns. */
  bind(frames: readonly GPUTexture[]): void {
    this.#bindGroups = frames.map((frame) =>
      this.#gpu.device.createBindGroup({
        label: 'vitreous/cuts',
        layout: this.#gpu.pipelines.layout(cutKernel.bindings),
        entries: [
          { binding: 0, resource: frame.createView({ label: 'vitreous/cuts.frame' }) },
          { binding: 1, resource: this.#sampler },
          { binding: 2, resource: { buffer: this.#state } },
        ],
      }),
    );
  }

  /** Encodes the comparison of a new frame with the one before. @param turn index of the texture that holds it */
  record(encoder: GPUCommandEncoder, turn: number): void {
    const bindGroup = this.#bindGroups[turn];
    if (!bindGroup) return;
    const pass = encoder.beginComputePass({ label: 'vitreous/cuts' });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(1);
    pass.end();
  }

  /** The number of cuts up to the frame that was submitted last. Rejects where the device is lost meanwhile. */
  read(): Promise<number> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<number> {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'vitreous/cuts.readback' });
    encoder.copyBufferToBuffer(this.#state, 0, this.#readback, 0, countBytes);
    device.queue.submit([encoder.finish()]);
    await this.#readback.mapAsync(mapModeRead);
    const [count = 0] = new Uint32Array(this.#readback.getMappedRange().slice(0));
    this.#readback.unmap();
    return count;
  }

  dispose(): void {
    this.#state.destroy();
    this.#readback.destroy();
    this.#bindGroups = [];
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
