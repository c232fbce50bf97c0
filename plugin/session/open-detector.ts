import { openDetector } from '../catalog.js';
import type { OpenDetector } from './detector-link.js';

/** The detectors of the catalog. */
export const openFromCatalog: OpenDetector = ({ model, secondLook, maxResults }, gpu, signal) =>
  openDetector(gpu, model, { secondLook, maxPerPrompt: maxResults, signal });
