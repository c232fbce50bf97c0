import tensorInputWgsl from '../../../shaders/adapters/tensor_input.wgsl';
import type { Size } from '../../core/geometry.js';
import { VitreousError } from '../../index.js';

/** How bytes of the picture become numbers of the tensor: `scale * byte + offset`. */
export interface InputScaling {
  readonly scale: number;
  readonly offset: number;
}

const workgroupSize = 8;
const channels = 3;
const label = 'vitreous/tfjs.input';

/** Writes frames into one buffer in the layout of a TF.js tensor, `[1, height, width, 3]` f32. */
export class TensorInput {
  readonly buffer: GPUBuffer;
  readonly size: Size;
  readonly #device: GPUDevice;
  readonly #settings: GPUBuffer;
  readonly #pipeline: GPUComputePipeline;
  /** Frames alternate between few textures. */
  #bindGroups = new WeakMap<GPUTexture, GPUBindGroup>();

  private constructor(device: GPUDevice, size: Size, scaling: InputScaling, pipeline: GPUComputePipeline) {
    this.#device = device;
    this.size = size;
    this.#pipeline = pipeline;
    this.buffer = device.createBuffer({
      label,
      // Whole vec4s: kernels of TF.js read tensors so.
      size: Math.ceil((size.width * size.height * channels) / 4) * 16,
      // TF.js takes no other (WebGPUBackend.createTensorFromGPUData).
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    this.#settings = device.createBuffer({
      label: `${label}.settings`,
      size: 16,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const words = new DataView(new ArrayBuffer(16));
    words.setUint32(0, size.width, true);
    words.setUint32(4, size.height, true);
    words.setFloat32(8, scaling.scale, true);
    words.setFloat32(12, scaling.offset, true);
    device.queue.writeBuffer(this.#settings, 0, words.buffer);
  }

  /** @throws VitreousError `pipeline-failed`. */
  static async create(device: GPUDevice, size: Size, scaling: InputScaling): Promise<TensorInput> {
    const module = device.createShaderModule({ label, code: tensorInputWgsl });
    try {
      const pipeline = await device.createComputePipelineAsync({ label, layout: 'auto', compute: { module } });
      return new TensorInput(device, size, scaling, pipeline);
    } catch (cause) {
      throw new VitreousError({
        code: 'pipeline-failed',
        stage: 'detect',
        found: String(cause),
        expected: 'a pipeline',
        fix: 'Report this with the adapter info; the picture goes on without detection.',
        cause,
      });
    }
  }

  /** Submits the writing of a frame: the texture may be overwritten by later submits. */
  write(frame: GPUTexture): void {
    const encoder = this.#device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup(frame));
    pass.dispatchWorkgroups(Math.ceil(this.size.width / workgroupSize), Math.ceil(this.size.height / workgroupSize));
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  #bindGroup(frame: GPUTexture): GPUBindGroup {
    const known = this.#bindGroups.get(frame);
    if (known) return known;
    const made = this.#device.createBindGroup({
      label,
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: this.#settings } },
        { binding: 1, resource: frame.createView({ label: `${label}.frame` }) },
        { binding: 2, resource: { buffer: this.buffer } },
      ],
    });
    this.#bindGroups.set(frame, made);
    return made;
  }

  dispose(): void {
    this.buffer.destroy();
    this.#settings.destroy();
    this.#bindGroups = new WeakMap();
  }
}
