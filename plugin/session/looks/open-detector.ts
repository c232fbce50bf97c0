import { openDetector } from '../../catalog.js';
import type { ModelPlaces } from '../../engine/files/load.js';
import { onlyWebGpu } from '../api/only-webgpu.js';
import type { OpenDetector } from './detector-link.js';

/**
 * Opens the detectors of the catalog, and those that callers bring along.
 *
 * @param places where their files may come from
 */
export function openFromCatalog(places: ModelPlaces): OpenDetector {
  return async ({ model, secondLook, maxResults }, gpu, signal) => {
    const options = { maxPerPrompt: maxResults, signal };
    const isOwn = typeof model === 'object' && 'open' in model;
    if (gpu)
      return isOwn ? model.open(gpu.device, options) : openDetector(gpu, model, { secondLook, ...places, ...options });
    if (isOwn && model.openForFrames) return model.openForFrames(options);
    throw onlyWebGpu('detect', 'this detector', 'WebGPU, or a detector of your own with openForFrames');
  };
}
