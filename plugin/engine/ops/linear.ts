import type { Graph } from '../graph.js';
import { input, type Op, output, type Problem, reads, weights } from '../op.js';
import { asTensor, channelsOf, invalidGraph, rowsOf, sameShape, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { transposed } from '../weights/pack/matrix.js';
import { absorbEpilogue, type Epilogue, epilogueConsts, packWithEpilogue } from './epilogue.js';
import { lowerProduct, type Product, type ProductVariant, productVariants, selectProduct } from './product.js';

export interface LinearAttrs extends Epilogue {
  /** Name of the weights, shape [outChannels, channels of x], as PyTorch's `nn.Linear` keeps them. */
  readonly weight: string;
  readonly outChannels: number;
}

function productOf({ inputs, attrs }: Problem<LinearAttrs>): Product {
  const x = asTensor(inputs[0]);
  const size = { batch: 1, rows: rowsOf(x), inner: channelsOf(x), outChannels: attrs.outChannels };
  return { ...size, aBatched: false, bBatched: false };
}

const variantsOf = ({ attrs }: Problem<LinearAttrs>): readonly ProductVariant[] =>
  productVariants(epilogueConsts(attrs));

export const linearOp: Op<LinearAttrs, ProductVariant> = {
  name: 'linear',
  infer([x, residual], attrs) {
    const type = asTensor(x);
    if (type.dtype !== 'real') throw invalidGraph(`linear ${attrs.weight} of ${type.dtype} values`, 'real values');
    const out = tensor([...type.shape.slice(0, -1), attrs.outChannels]);
    if (attrs.residual && !(residual && sameShape(asTensor(residual), out)))
      throw invalidGraph(`linear ${attrs.weight}: residual`, `a tensor [${out.shape.join(', ')}]`);
    return [out];
  },
  variants: variantsOf,
  select: (problem, caps) => selectProduct(productOf(problem), caps, variantsOf(problem)),
  lower(problem, variant) {
    const { attrs } = problem;
    const product = productOf(problem);
    const { inner, outChannels } = product;
    const { packed, biasAt, slopeAt } = packWithEpilogue(
      attrs,
      outChannels,
      transposed({ name: attrs.weight, rows: outChannels, columns: inner }),
    );
    const residual = input(attrs.residual ? 1 : 0);
    const operands = { a: input(0), b: weights(packed), residual, y: output(), behind: { biasAt, slopeAt } };
    // A row of x is an element of the output.
    return [{ ...lowerProduct(product, operands, variant), footprint: { inputs: [reads(0), reads(0)] } }];
  },
  absorbConsumer: (self, next) => absorbEpilogue(linearOp, self, next),
};

/**
 * `x · Wᵀ + bias` over the last dimension, as PyTorch's `nn.Linear`, with activation and residual fused.
 *
 * @param x `[..., K]`
 * @returns `[..., outChannels]`
 */
export function linear(graph: Graph, x: Value, attrs: LinearAttrs, residual?: Value): Value<TensorType> {
  return graph.add(linearOp, residual ? [x, residual] : [x], attrs, attrs.weight.replace(/\.weight$/, ''));
}
