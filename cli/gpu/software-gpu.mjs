import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Mesa's software Vulkan driver, where Debian's and most distributions' packages put it. */
export const lavapipeIcd = [
  '/usr/share/vulkan/icd.d/lvp_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
  '/usr/share/vulkan/icd.d/lvp_icd.aarch64.json',
].find((path) => existsSync(path));

/** True where Linux shows a graphics device (DRM render node or NVIDIA's own). */
export function hasGpuDevice() {
  if (existsSync('/dev/nvidiactl')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
}

/**
 * Points Dawn for Node at lavapipe on a Linux machine without a GPU. Must run before the first adapter is asked for. A driver
 * chosen by the caller's environment stays.
 */
export function useSoftwareGpu() {
  // Read by lavapipe alone. Half its usual vector width compiles shaders 2 to 4 times faster and runs them as fast.
  process.env.LP_NATIVE_VECTOR_WIDTH ??= '128';
  // Mesa's shader cache does not know the width: code cached at another one crashes the process. So each width has its own.
  process.env.MESA_SHADER_CACHE_DIR ??= join(
    homedir(),
    `.cache/vitreous-shaders-${process.env.LP_NATIVE_VECTOR_WIDTH}`,
  );
  if (process.platform !== 'linux' || process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return;
  if (lavapipeIcd && !hasGpuDevice()) process.env.VK_DRIVER_FILES = lavapipeIcd;
}
