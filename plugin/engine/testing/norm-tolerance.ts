import type { Precision } from '../../gpu/kernel.js';
import { type GoldenCase, tolerance } from './golden.js';

/** Written by the generators of norm goldens: facts of a case behind its tolerance, each the worst over rows or groups. */
interface NormBounds {
  /** Mean of |x|; zero where no mean is subtracted. */
  readonly mean: number;
  /** |x − mean| at most, sqrt(var + eps) at least, their quotient at most. */
  readonly apart: number;
  readonly deviation: number;
  readonly normed: number;
  /** Largest |weight| and |bias|. */
  readonly weight: number;
  readonly bias: number;
}

/**
 * y = (x − m)·r·w + b with r = (var + eps)^-1/2. With u = 2^-24 and `length` additions behind a sum:
 * - m is off by at most (length + 5)·u·mean|x|: the sum's roundings and a quotient of 2.5 ULP (WGSL §15.7.4.1);
 * - so x − m by δ = that + u·max|x − m|, and the deviation by no more than δ (it is a mean square: the triangle inequality);
 * - r is off by a factor 1 + δ/deviation + (length + 7)·u: the squares' sum counts half (2·length / 2), then the quotient by the
 *   count and inverseSqrt's 2 ULP;
 * - y by w·(δ/deviation + normed·(r's factor + 2·u)) + u·(normed·w + b), and the store.
 */
export function normTolerance(golden: GoldenCase, precision: Precision): (expected: number) => number {
  const { mean, apart, deviation, normed, weight, bias } = golden.attrs.bounds as NormBounds;
  const u = 2 ** -24;
  const delta = ((golden.length + 5) * mean + apart) * u;
  const reciprocal = delta / deviation + (golden.length + 7) * u;
  const error = weight * (delta / deviation + normed * (reciprocal + 2 * u)) + u * (normed * weight + bias);
  const store = tolerance(precision, { length: 0, magnitude: 0 });
  return (expected) => error + store(Math.abs(expected) + error);
}
