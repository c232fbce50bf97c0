import type { Enhanced } from './enhanced.js';

/** What adapters know of an enhancement and `stats` tells. */
const counts = new WeakMap<Enhanced, () => number>();

/** Lets `stats.bytesSaved` be what an adapter counts, from now on. */
export function tellBytesSaved(enhanced: Enhanced, count: () => number): void {
  counts.set(enhanced, count);
}

/** Undefined: nobody counts. */
export function bytesSavedBy(enhanced: Enhanced): number | undefined {
  return counts.get(enhanced)?.();
}
