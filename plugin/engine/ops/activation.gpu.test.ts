import { type GoldenCase, testOpGoldens, tolerance } from '../testing/golden.js';
import { type Activation, type ActivationAttrs, activation, activationOp } from './activation.js';

/**
 * Errors in units of 2^-23, absolute and relative to the result, from WGSL §15.7.4.1: exp(x) is right to 3 + 2·|x| ULP, a quotient to
 * 2.5, a sum or product to half.
 * - sigmoid s(x): exp's error enters as s·(1 − s)·(3 + 2·|x|) <= 1; sum and quotient as 3·s.
 * - x·s(x): |x|·s·(1 − s)·(3 + 2·|x|) <= 1.5. With the inner roundings of 1.702·x, or five in the tanh form's cubic, at most 2.
 * - GELU: erf's polynomial is right to 1.5e-7 and no longer matters past |x| = 5.6: 0.5·5.6·1.5e-7 = 3.5 units. Ten roundings of its
 *   terms, whose coefficients add up to 4.6, decay as exp(−x²/2): 0.5·0.61·46 / 2 = 7. What is left of 1 − 1: 1.
 * - hard-swish: x / 6 + 0.5 cancels at −3, where it is right to 3 · 0.5, times |x| = 3.
 */
const errors: Readonly<Record<Activation, { readonly absolute: number; readonly relative: number }>> = {
  relu: { absolute: 0, relative: 0 },
  relu6: { absolute: 0, relative: 0 },
  prelu: { absolute: 0, relative: 0.5 },
  sigmoid: { absolute: 1, relative: 3 },
  silu: { absolute: 1.5, relative: 3.5 },
  'quick-gelu': { absolute: 2, relative: 4 },
  'gelu-tanh': { absolute: 2, relative: 4 },
  gelu: { absolute: 12, relative: 3 },
  'hard-swish': { absolute: 4.5, relative: 4 },
};

function within(golden: GoldenCase, precision: 'f32' | 'f16'): (expected: number) => number {
  const attrs = golden.attrs as unknown as ActivationAttrs;
  const { absolute, relative } = errors[attrs.activation];
  const store = tolerance(precision, { length: 0, magnitude: 0 });
  return (expected) => {
    const error = (absolute + relative * Math.abs(expected)) * 2 ** -23;
    return error + store(Math.abs(expected) + error);
  };
}

testOpGoldens({
  op: activationOp,
  build(graph, golden, input) {
    const slope = golden.has('slope') ? { slope: 'slope' } : {};
    // The generator writes the attributes of this op.
    return [activation(graph, input('x'), { ...(golden.attrs as unknown as ActivationAttrs), ...slope }, 'y')];
  },
  within,
});
