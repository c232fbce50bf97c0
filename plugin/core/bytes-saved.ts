/** What adapters know of an enhancement and its `stats` tell. */
const counts = new WeakMap<object, () => number>();

/** Lets `stats.bytesSaved` be what an adapter counts, from now on. */
export function tellBytesSaved(enhanced: object, count: () => number): void {
  counts.set(enhanced, count);
}

/** Undefined: nobody counts. */
export function bytesSavedBy(enhanced: object): number | undefined {
  return counts.get(enhanced)?.();
}
