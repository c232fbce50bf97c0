import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import { type Caps, readCaps } from './caps.js';
import { PipelineCache } from './pipeline-cache.js';
import { afterScreenUpdates } from './screen-updates.js';

export interface DeviceRequest {
  /** The caller's device: borrowed, never destroyed. */
  readonly device?: GPUDevice | undefined;
  /** Where adapters come from; `navigator.gpu` by default. */
  readonly gpu?: GPU | undefined;
  readonly powerPreference?: GPUPowerPreference | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DeviceLoss {
  readonly reason: GPUDeviceLostReason;
  readonly message: string;
  /** The device was the caller's: only they can make another. */
  readonly borrowed: boolean;
}

const wantedFeatures: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

/** Limits raised to whatever the adapter has: larger frames, wider attention tiles. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxTextureDimension2D',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** What the kernels cannot do without, beyond WebGPU's own defaults; all are core defaults except under compatibility mode. */
const neededLimits = {
  maxStorageBuffersPerShaderStage: 6,
  maxStorageTexturesPerShaderStage: 1,
  maxComputeInvocationsPerWorkgroup: 128,
  maxComputeWorkgroupStorageSize: 16_352,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** A device with what hangs on it: abilities, pipelines, loss. Everything in it is made anew after a loss. */
export class GpuDevice implements DisposableResource {
  readonly device: GPUDevice;
  readonly caps: Caps;
  readonly pipelines: PipelineCache;
  readonly borrowed: boolean;
  /** Settles once, when the device is gone; never by our own `dispose`. */
  readonly lost: Promise<DeviceLoss>;
  #disposed = false;

  constructor(device: GPUDevice, borrowed: boolean, languageFeatures?: ReadonlySet<string>) {
    this.device = device;
    this.borrowed = borrowed;
    this.caps = readCaps(device, device.adapterInfo, languageFeatures);
    this.pipelines = new PipelineCache(device);
    this.lost = new Promise((resolve) => {
      device.lost.then(({ reason, message }) => {
        if (!this.#disposed) resolve({ reason, message, borrowed });
      });
    });
  }

  /**
   * Runs `work` with WebGPU's error scopes around it and throws what they caught. For preparation, not for frames. `work` is
   * synchronous: scopes are a stack, and an await in between would take in the errors of others.
   */
  async checked<T>(what: string, work: () => T): Promise<T> {
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    let result: T;
    let popped: Promise<[GPUError | null, GPUError | null]>;
    try {
      result = work();
    } finally {
      popped = Promise.all([device.popErrorScope(), device.popErrorScope()]);
      // Heard below, or not at all when `work` threw.
      popped.catch(() => {});
    }
    const [validation, memory] = await popped;
    const error = validation ?? memory;
    if (!error) return result;
    throw new VitreousError({
      code: memory ? 'gpu-out-of-memory' : 'gpu-validation',
      stage: 'gpu',
      found: `${what}: ${error.message}`,
      expected: 'no GPU error',
      fix: memory
        ? 'Use a smaller tier or source; the stage is bypassed.'
        : 'Report this with the adapter info; the stage is bypassed.',
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.borrowed) return;
    // Firefox 153 never updates the page again where a device goes while a picture of its own is on the way to the screen.
    afterScreenUpdates(() => this.device.destroy());
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function checkNeeded(device: GPUDevice): void {
  for (const [name, needed] of Object.entries(neededLimits)) {
    // The keys come from the record above, each of which is a limit's name.
    const found = device.limits[name as keyof typeof neededLimits];
    if (found < needed)
      throw new VitreousError({
        code: 'device-limit',
        stage: 'gpu',
        found: `${name} = ${found}`,
        expected: `at least ${needed}`,
        fix: 'Create the device with this limit raised, or leave options.device out.',
      });
  }
}

async function requestOwned(request: DeviceRequest, gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter(request.powerPreference ? { powerPreference: request.powerPreference } : {});
  request.signal?.throwIfAborted();
  if (!adapter)
    throw new VitreousError({
      code: 'adapter-unavailable',
      stage: 'gpu',
      found: 'no adapter',
      expected: 'a WebGPU adapter',
      fix: 'Turn on hardware acceleration or use a browser with WebGPU; the native video plays on.',
    });
  const requiredLimits: Record<string, number> = {};
  for (const name of wantedLimits) requiredLimits[name] = adapter.limits[name];
  try {
    return await adapter.requestDevice({
      label: 'vitreous/device',
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits,
    });
  } catch (cause) {
    throw new VitreousError({
      code: 'device-request-failed',
      stage: 'gpu',
      found: String(cause),
      expected: 'a GPUDevice',
      fix: 'The adapter may be gone; try again or reload the page.',
      cause,
    });
  }
}

/**
 * Takes the caller's device, or makes one with the features and limits it can use.
 *
 * @throws VitreousError `webgpu-unavailable`, `adapter-unavailable`, `device-request-failed`, `device-limit`; the signal's reason.
 */
export async function openDevice(request: DeviceRequest = {}): Promise<GpuDevice> {
  request.signal?.throwIfAborted();
  const gpu = request.gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu;
  const languageFeatures = gpu?.wgslLanguageFeatures;
  if (request.device) {
    checkNeeded(request.device);
    return new GpuDevice(request.device, true, languageFeatures);
  }
  if (!gpu)
    throw new VitreousError({
      code: 'webgpu-unavailable',
      stage: 'gpu',
      found: 'no navigator.gpu',
      expected: 'WebGPU in a secure context',
      fix: 'Serve the page over https (or localhost) in a browser with WebGPU; the native video plays on.',
    });
  const device = await requestOwned(request, gpu);
  if (request.signal?.aborted) {
    device.destroy();
    request.signal.throwIfAborted();
  }
  try {
    checkNeeded(device);
  } catch (thrown) {
    device.destroy();
    throw thrown;
  }
  return new GpuDevice(device, false, languageFeatures);
}
