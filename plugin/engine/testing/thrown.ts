import { VitreousError } from '../../core/errors.js';

/** The code of the `VitreousError` that `work` throws; anything else in words, so that a comparison fails and says why. */
export function codeThrownBy(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    return thrown instanceof VitreousError ? thrown.code : `not a VitreousError: ${String(thrown)}`;
  }
  return 'nothing thrown';
}

/** As {@link codeThrownBy}, for what a promise rejects with. */
export async function codeRejectedBy(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return thrown instanceof VitreousError ? thrown.code : `not a VitreousError: ${String(thrown)}`;
  }
  return 'nothing thrown';
}
