import { requestNodeGpu } from '../../../cli/gpu/node-gpu.js';

/** What a device was asked for since it was last cleared. */
export interface DeviceWatch {
  readonly device: GPUDevice;
  /** Names of the `create…` methods called, in order. */
  readonly created: string[];
  /** Buffers created and not destroyed. */
  readonly liveBuffers: Set<GPUBuffer>;
}

const creators = [
  'createBindGroup',
  'createBindGroupLayout',
  'createBuffer',
  'createCommandEncoder',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createPipelineLayout',
  'createQuerySet',
  'createRenderPipeline',
  'createRenderPipelineAsync',
  'createSampler',
  'createShaderModule',
  'createTexture',
] as const satisfies readonly (keyof GPUDevice)[];

/** A device of its own whose creations are listed: its methods are shadowed by ones that take note and pass on. */
export async function watchedNodeGpu(): Promise<DeviceWatch> {
  const { device } = await requestNodeGpu();
  const created: string[] = [];
  const liveBuffers = new Set<GPUBuffer>();
  const shadow = (target: object, name: string, value: (...args: never[]) => unknown): void => {
    Object.defineProperty(target, name, { value, configurable: true });
  };
  for (const name of creators) {
    // One signature for all of them: arguments and results are passed on untouched.
    const original = device[name].bind(device) as (...args: unknown[]) => unknown;
    shadow(device, name, (...args: unknown[]) => {
      created.push(name);
      const result = original(...args);
      if (name === 'createBuffer') watchBuffer(result as GPUBuffer);
      return result;
    });
  }
  const watchBuffer = (buffer: GPUBuffer): void => {
    liveBuffers.add(buffer);
    const destroy = buffer.destroy.bind(buffer);
    shadow(buffer, 'destroy', () => {
      liveBuffers.delete(buffer);
      destroy();
    });
  };
  return { device, created, liveBuffers };
}
