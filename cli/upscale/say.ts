import type { Companions } from './companions.js';

/** Tells, before the work begins, what is done to what is beside the picture, and in one line what is left out. */
export function say({ remarks, leftOut }: Pick<Companions, 'remarks' | 'leftOut'>): void {
  for (const remark of remarks) console.error(remark);
  if (leftOut.length > 0) console.error(`left out: ${leftOut.join('; ')}`);
}
