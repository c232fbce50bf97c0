import { openDetector } from '../catalog.js';
import type { OpenDetector } from './detector-link.js';

/** The detectors of the catalog, and those that callers bring along. */
export const openFromCatalog: OpenDetector = ({ model, secondLook, maxResults }, gpu, signal) =>
  typeof model === 'object' && 'open' in model
    ? model.open(gpu.device, { maxPerPrompt: maxResults, signal })
    : openDetector(gpu, model, { secondLook, maxPerPrompt: maxResults, signal });
