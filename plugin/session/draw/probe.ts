import { VitreousError } from '../../core/errors.js';
import { whyVideoCannot } from '../api/video-checks.js';
import type { RendererKind } from './frame-renderer.js';

/** Whether a video could be enhanced here and now, and if not, why. */
export interface ProbeResult {
  /**
   * - `available`: `enhance` should work.
   * - `unavailable`: not now, or not this video.
   * - `unsupported`: not in this browser, or not on this machine without `force`.
   */
  readonly availability: 'available' | 'unavailable' | 'unsupported';
  /** What would draw: `webgl` where there is no WebGPU. Undefined unless `available`. */
  readonly renderer: RendererKind | undefined;
  readonly code: VitreousError['code'] | undefined;
  readonly message: string;
  readonly error: VitreousError | undefined;
}

const unsupported = new Set<VitreousError['code']>([
  'webgpu-unavailable',
  'adapter-unavailable',
  'device-limit',
  'software-adapter',
  'video-no-frame-callback',
]);

/** What speaks against every GPU: nothing draws then but a 2D canvas. */
export const withoutGpu: ReadonlySet<VitreousError['code']> = new Set([
  'webgpu-unavailable',
  'adapter-unavailable',
  'webgl-unavailable',
]);

/** What WebGL helps against. */
export const withoutWebGpu: ReadonlySet<VitreousError['code']> = new Set(['webgpu-unavailable', 'adapter-unavailable']);

function because(error: VitreousError): ProbeResult {
  return {
    availability: unsupported.has(error.code) ? 'unsupported' : 'unavailable',
    renderer: undefined,
    code: error.code,
    message: error.message,
    error,
  };
}

/** The software adapter's error: what `enhance` rejects with unless `force` is set. */
export function softwareAdapter(description: string): VitreousError {
  return new VitreousError({
    code: 'software-adapter',
    stage: 'session',
    found: `a software adapter (${description || 'no description'})`,
    expected: 'a GPU',
    fix: "Turn on hardware acceleration in the browser's settings, or set upscale.force: true to enhance slowly; the native video plays on.",
  });
}

const ready = (renderer: RendererKind): ProbeResult => ({
  availability: 'available',
  renderer,
  code: undefined,
  message: 'ready',
  error: undefined,
});

/** `instead`: what there is to say against WebGPU, which counts more than that there is no WebGL either. */
async function probeWebGl(instead: VitreousError): Promise<ProbeResult> {
  const { GlDevice } = await import('../../webgl/device.js');
  try {
    // Where a canvas of a page may not, one outside may all the same: the page's counts.
    const device = GlDevice.open(document.createElement('canvas'));
    const { software, description } = device.caps;
    device.dispose();
    // Browsers keep few contexts at a time.
    device.gl.getExtension('WEBGL_lose_context')?.loseContext();
    return software ? because(softwareAdapter(description)) : ready('webgl');
  } catch (thrown) {
    if (thrown instanceof VitreousError) return because(thrown.code === 'webgl-unavailable' ? instead : thrown);
    throw thrown;
  }
}

/**
 * Looks without touching the video: opens a device for a moment, downloads nothing but the code that does so.
 *
 * @throws (rejects) the signal's reason, and nothing else.
 */
export async function probe(
  video?: HTMLVideoElement,
  options: { device?: GPUDevice; signal?: AbortSignal } = {},
): Promise<ProbeResult> {
  const problem = video && whyVideoCannot(video);
  if (problem) return because(problem);
  // Loaded when asked for: the root import stays small.
  const { openDevice } = await import('../../gpu/device.js');
  try {
    const gpu = await openDevice(options);
    try {
      if (gpu.caps.software) return because(softwareAdapter(gpu.caps.description));
    } finally {
      gpu.dispose();
    }
  } catch (thrown) {
    if (!(thrown instanceof VitreousError)) throw thrown;
    return !options.device && withoutWebGpu.has(thrown.code) ? probeWebGl(thrown) : because(thrown);
  }
  return ready('webgpu');
}
