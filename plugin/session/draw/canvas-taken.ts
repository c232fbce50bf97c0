import { VitreousError } from '../../core/errors.js';

export function canvasTaken(): VitreousError {
  return new VitreousError({
    code: 'stage-failed',
    stage: 'present',
    found: 'a canvas that already has a context of another kind',
    expected: 'a canvas without a context',
    fix: 'Pass another canvas in options.canvas.',
  });
}
