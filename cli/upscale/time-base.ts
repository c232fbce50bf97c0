/** A stream's fraction, e.g. a time base of 1/12800 s. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** Reads ffmpeg's `1/25` or `4:3`; anything that is not above 0 is the fallback. */
export function readFraction<T>(text: string | undefined, fallback: T): Fraction | T {
  const [numerator = 0, denominator = 0] = (text ?? '').split(/[:/]/).map(Number);
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : fallback;
}

/** Ticks of a time base in seconds. */
export function toSeconds(ticks: number, { numerator, denominator }: Fraction): number {
  return (ticks * numerator) / denominator;
}
