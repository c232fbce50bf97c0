import { shader } from '../../../shaders/engine/norm.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, output, reads, type Variant, weights } from '../op.js';
import { asTensor, channelsOf, groupsOf, invalidGraph, rowsOf, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { filled, vector } from '../weights/pack/vector.js';
import { type PackedWeights, type Part, packedWeights } from '../weights/packing.js';
import { lanesPrelude } from './activation.js';
import { gridOf } from './grid.js';

export interface NormAttrs {
  /** Name of the scale, shape [C]. Default ones. */
  readonly weight?: string;
  /** Name of the shift, shape [C]. Default zeros. */
  readonly bias?: string;
  /** Added to the variance. */
  readonly eps: number;
}

interface RowNormAttrs extends NormAttrs {
  readonly kind: 'layer' | 'rms';
}

const kernel = kernelOf('norm', shader, { preludes: [lanesPrelude] });

/** Scale, then shift, a channel group of 4 each. */
export function packScaleShift({ weight, bias }: NormAttrs, channels: number): PackedWeights {
  const part = (name: string | undefined, otherwise: number): Part =>
    name === undefined
      ? filled({ length: ceilDiv(channels, 4) * 4, value: otherwise })
      : vector({ name, length: channels });
  return packedWeights(part(weight, 1), part(bias, 0));
}

export function checkNorm(type: TensorType, { eps }: NormAttrs): void {
  if (type.dtype !== 'real') throw invalidGraph(`norm of ${type.dtype} values`, 'real values');
  // A constant row has no variance: only eps keeps its reciprocal finite.
  if (!(Number.isFinite(eps) && eps > 0)) throw invalidGraph(`norm with eps ${eps}`, 'a positive eps');
}

type NormVariant = Variant<{ readonly LANES: number }>;
const alone: NormVariant = { id: 'invocation', consts: { LANES: 1 } };
const shared: NormVariant = { id: 'workgroup', consts: { LANES: 64 } };

export const normOp: Op<RowNormAttrs, NormVariant> = {
  name: 'norm',
  infer([x], attrs) {
    const type = asTensor(x);
    checkNorm(type, attrs);
    return [type];
  },
  variants: () => [alone, shared],
  // A row of few groups is summed faster than invocations could agree on it.
  select: ({ inputs }, caps) => (caps.software || groupsOf(asTensor(inputs[0])) <= 16 ? alone : shared),
  lower({ inputs, attrs }, { consts }) {
    const type = asTensor(inputs[0]);
    const [rows, groups, channels] = [rowsOf(type), groupsOf(type), channelsOf(type)];
    const { workgroups } = gridOf(rows * consts.LANES, kernel.workgroup[0]);
    const centre = attrs.kind === 'layer' ? 1 : 0;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { rows, groups, channels, centre, stride: workgroups[0], eps: attrs.eps },
        bindings: [weights(packScaleShift(attrs, channels)), input(0), output()],
        workgroups,
        macs: rows * channels * 2,
        footprint: { inputs: [reads(0)] },
      }),
    ];
  },
};

/**
 * Layer norm over the last dimension (Ba et al. 2016), as PyTorch's `nn.LayerNorm([C])`.
 *
 * @param x `[..., C]`
 * @returns the shape of x
 */
export function layerNorm(graph: Graph, x: Value, attrs: NormAttrs, name: string): Value<TensorType> {
  return graph.add(normOp, [x], { ...attrs, kind: 'layer' }, name);
}

/**
 * RMS norm over the last dimension (Zhang & Sennrich 2019), as PyTorch's `nn.RMSNorm([C])`.
 *
 * @param x `[..., C]`
 * @returns the shape of x
 */
export function rmsNorm(graph: Graph, x: Value, attrs: NormAttrs, name: string): Value<TensorType> {
  return graph.add(normOp, [x], { ...attrs, kind: 'rms' }, name);
}
