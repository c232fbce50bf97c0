import type { FusedNode, FusionNode, Op } from '../op.js';
import { fused, isNodeOf } from '../op.js';
import { asTensor, sameShape } from '../tensor.js';
import { vectorOrZeros } from '../weights/pack/vector.js';
import { type PackedWeights, type Part, packedWeights } from '../weights/packing.js';
import { type Activation, activationCodes, activationOp, slopePart } from './activation.js';
import { addOp } from './broadcast.js';

/** What a convolution or a matrix product does to its sum before it is stored: bias, activation, residual. */
export interface Epilogue {
  readonly bias?: string;
  readonly activation?: Activation;
  /** Name of the PReLU slope, shape [outChannels]. */
  readonly slope?: string;
  /** The node's last input is added, before or after the activation. */
  readonly residual?: 'before-activation' | 'after-activation';
}

export const residualCodes = { none: 0, 'before-activation': 1, 'after-activation': 2 } as const;

/** Constants of kernels with an epilogue. */
export type EpilogueConsts = { readonly ACTIVATION: number; readonly RESIDUAL: number };

export const epilogueConsts = (attrs: Epilogue): EpilogueConsts => ({
  ACTIVATION: activationCodes[attrs.activation ?? 'none'],
  RESIDUAL: residualCodes[attrs.residual ?? 'none'],
});

/**
 * Weights of one kernel: the main block in its own order, then the bias a channel group, then the slope.
 * `biasAt` and `slopeAt` are offsets in groups of 4.
 */
export function packWithEpilogue(
  attrs: Epilogue,
  channels: number,
  main: Part,
): { packed: PackedWeights; biasAt: number; slopeAt: number } {
  const bias = vectorOrZeros(attrs.bias, channels);
  const slope = slopePart(attrs.activation === 'prelu' ? attrs.slope : undefined, channels);
  const packed = packedWeights(main, bias, slope);
  return { packed, biasAt: main.length / 4, slopeAt: (main.length + bias.length) / 4 };
}

/** The shared fusion rule of ops with an epilogue: a following activation, or a following add of the same shape. */
export function absorbEpilogue<A extends Epilogue>(
  op: Op<A>,
  self: FusionNode<A>,
  next: FusionNode,
): FusedNode | undefined {
  const { attrs } = self;
  const [own] = self.outputs;
  if (isNodeOf(next, activationOp)) {
    // After the residual was added behind an activation there is no room for another.
    if (attrs.activation || attrs.residual === 'after-activation') return undefined;
    const { activation, slope } = next.attrs;
    return fused(op, self.inputs, { ...attrs, activation, ...(slope === undefined ? {} : { slope }) });
  }
  if (isNodeOf(next, addOp)) {
    const other = next.inputs.find((value) => value !== own);
    if (attrs.residual || !own || !other || next.inputs.length !== 2) return undefined;
    if (!sameShape(asTensor(own.type), asTensor(other.type))) return undefined;
    const residual = attrs.activation ? 'after-activation' : 'before-activation';
    return fused(op, [...self.inputs, other], { ...attrs, residual });
  }
  return undefined;
}
