import { VitreousError } from '../core/errors.js';
import type { OpenDetector } from './detector-link.js';

/** The detectors of the catalog. */
export const openFromCatalog: OpenDetector = async ({ model }) => {
  throw new VitreousError({
    code: 'model-unknown',
    stage: 'model',
    found: `detector '${model}'`,
    expected: 'a detector that this version has',
    fix: 'Update the package; the picture goes on without detection.',
  });
};
