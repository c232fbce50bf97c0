import { type GoldenCase, testOpGoldens, tolerance } from '../testing/golden.js';
import { type AttentionAttrs, attention, attentionOp } from './attention.js';

/** Written by the generator: facts of a case behind its tolerance. */
interface Bounds {
  /** Channels of a head, and the most keys a query sees. */
  readonly channels: number;
  readonly keys: number;
  /** Largest sum of absolute products behind a score, scaled. */
  readonly score: number;
  /** Largest difference of two scores. */
  readonly spread: number;
  /** Largest absolute value of v. */
  readonly value: number;
}

/**
 * y = Σ wᵢ·vᵢ / Σ wᵢ with wᵢ = exp(sᵢ − max). Weights each off by a factor 1 ± ε move y by at most 2·ε·max|v|. ε is
 * - the error of two scores: f32 sums of `channels` products, each of two roundings, and the scaled query's,
 * - the exponential's: 3 + 2·|x| ULP of 2^-23 (WGSL §15.7.4.1) where |x| <= spread, and the same again for the running maximum's
 *   rescaling: its exponents add up to at most the spread, in at most one step a key,
 * - the f32 sums over keys: 4 roundings a key (rescale, product, two sums), and the quotient's 2.5 ULP.
 * `tolerance` then adds the store at the plan's precision.
 */
function within(golden: GoldenCase, precision: 'f32' | 'f16'): (expected: number) => number {
  const { channels, keys, score, spread, value } = golden.attrs.bounds as Bounds;
  const scores = 2 * (2 * channels + 1) * 2 ** -24 * score;
  const exponentials = (3 * (keys + 1) + 2 * 2 * spread) * 2 ** -23;
  const sums = (4 * keys + 5) * 2 ** -24;
  const store = tolerance(precision, { length: 0, magnitude: 0 });
  const error = 2 * value * (scores + exponentials + sums);
  return (expected) => error + store(Math.abs(expected) + error);
}

testOpGoldens({
  op: attentionOp,
  build(graph, golden, input) {
    const inputs = golden.has('qkv') ? { qkv: input('qkv') } : { q: input('q'), k: input('k'), v: input('v') };
    // The generator writes the attributes of this op.
    return [attention(graph, inputs, golden.attrs as unknown as AttentionAttrs, 'y')];
  },
  within,
});
