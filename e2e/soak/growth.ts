/** A quantity at a time. */
export interface Sample {
  readonly hours: number;
  readonly value: number;
}

/** Odd samples move it little. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted.length >> 1;
  const lower = (sorted.length - 1) >> 1;
  return ((sorted[lower] ?? 0) + (sorted[upper] ?? 0)) / 2;
}

/** Growth per hour: the median of the slopes between all pairs of samples (Theil and Sen's). 0 for fewer than two. */
export function growthPerHour(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((a, i) =>
    samples.slice(i + 1).flatMap((b) => (b.hours > a.hours ? [(b.value - a.value) / (b.hours - a.hours)] : [])),
  );
  return slopes.length === 0 ? 0 : median(slopes);
}

/**
 * How much more there is in the last third of the samples than in the middle one, as a part of that; the first third fills caches.
 * 0 for fewer than three samples.
 */
export function lateGrowth(samples: readonly Sample[]): number {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return 0;
  const values = samples.map(({ value }) => value);
  const before = median(values.slice(-2 * third, -third));
  return before === 0 ? 0 : median(values.slice(-third)) / before - 1;
}
