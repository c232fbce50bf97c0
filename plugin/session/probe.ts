import { VitreousError } from '../core/errors.js';
import { openDevice } from '../gpu/device.js';
import { whyVideoCannot } from './video-checks.js';

/** Whether a video could be enhanced here and now, and if not, why. */
export interface ProbeResult {
  /**
   * - `available`: `enhance` should work.
   * - `unavailable`: not now, or not this video.
   * - `unsupported`: not in this browser, or not on this machine without `force`.
   */
  readonly availability: 'available' | 'unavailable' | 'unsupported';
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

function because(error: VitreousError): ProbeResult {
  return {
    availability: unsupported.has(error.code) ? 'unsupported' : 'unavailable',
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
    fix: 'Turn on hardware acceleration, or set upscale.force to enhance slowly; the native video plays on.',
  });
}

/**
 * Looks without touching the video: opens a device for a moment, downloads nothing.
 *
 * @throws (rejects) the signal's reason, and nothing else.
 */
export async function probe(
  video?: HTMLVideoElement,
  options: { device?: GPUDevice; signal?: AbortSignal } = {},
): Promise<ProbeResult> {
  const problem = video && whyVideoCannot(video);
  if (problem) return because(problem);
  try {
    const gpu = await openDevice(options);
    try {
      if (gpu.caps.software) return because(softwareAdapter(gpu.caps.description));
    } finally {
      gpu.dispose();
    }
  } catch (thrown) {
    if (thrown instanceof VitreousError) return because(thrown);
    throw thrown;
  }
  return { availability: 'available', code: undefined, message: 'ready', error: undefined };
}
