import { type StageName, VitreousError } from '../../core/errors.js';

/** What is wanted and cannot be had in WebGL; the picture goes on. */
export function onlyWebGpu(stage: StageName, found: string, expected: string): VitreousError {
  return new VitreousError({
    code: 'webgpu-unavailable',
    stage,
    found: `${found} in WebGL`,
    expected,
    fix: 'Use a browser with WebGPU; the picture goes on without.',
  });
}
