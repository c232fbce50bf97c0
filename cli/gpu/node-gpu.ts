import { create, globals } from 'webgpu';
import { isSoftware } from '../../plugin/gpu/caps.js';
import { sleepWhileWaiting } from './sleepy-waits.js';

// Dawn crashes once the object returned by create() is collected while a device lives, so the module keeps it.
let instance: GPU | undefined;

/** The process's one WebGPU implementation (Dawn for Node). Also defines `GPUBufferUsage` and its like as globals. */
export function nodeGpu(): GPU {
  if (instance === undefined) {
    Object.assign(globalThis, globals);
    instance = create([]);
  }
  return instance;
}

export interface NodeGpu {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
}

const wantedFeatures: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

/**
 * A device of its own for a test or a command-line tool, with the adapter's largest buffer limits and those of shader-f16, subgroups and
 * timestamp-query that it has.
 *
 * @param features features to ask for instead, e.g. `[]` for a device without f16
 * @throws Error when the machine has no Vulkan, Metal or D3D12 driver that Dawn can use
 */
export async function requestNodeGpu(features: readonly GPUFeatureName[] = wantedFeatures): Promise<NodeGpu> {
  const gpu = nodeGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new Error(
      'no WebGPU adapter in Node: install a GPU driver, or Mesa lavapipe (`npm test -- setup` does on Debian)',
    );
  }
  if (isSoftware(adapter.info)) sleepWhileWaiting();
  const device = await adapter.requestDevice({
    label: 'node-gpu',
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupSizeY: adapter.limits.maxComputeWorkgroupSizeY,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    },
  });
  return { gpu, adapter, device };
}

let shared: Promise<NodeGpu> | undefined;

/** The device shared by all GPU tests of a worker; never destroy it. */
export function sharedNodeGpu(): Promise<NodeGpu> {
  shared ??= requestNodeGpu();
  return shared;
}
