import { shader as activationShader } from '../../../shaders/engine/activation.wgsl';
import { shader as activationPrelude } from '../../../shaders/prelude/activation.wgsl';
import { shader as lanesPrelude } from '../../../shaders/prelude/lanes.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output, weights } from '../op.js';
import { asTensor, channelsOf, groupsOf, rowsOf, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { filled, vector } from '../weights/pack/vector.js';
import { type Part, packedWeights } from '../weights/packing.js';
import { gridOf } from './grid.js';

/** Codes as in shaders/prelude/activation.wgsl. */
export const activationCodes = {
  none: 0,
  relu: 1,
  prelu: 2,
  silu: 3,
  gelu: 4,
  'gelu-tanh': 5,
  'quick-gelu': 6,
  'hard-swish': 7,
  sigmoid: 8,
  relu6: 9,
} as const;

export type Activation = Exclude<keyof typeof activationCodes, 'none'>;

export interface ActivationAttrs {
  readonly activation: Activation;
  /** Name of the PReLU slope, shape [C]. */
  readonly slope?: string;
}

export { activationPrelude, lanesPrelude };

const kernel = kernelOf('activation', activationShader, { preludes: [lanesPrelude, activationPrelude] });

/** The slope as groups of 4, or one group of zeros where the activation has none. */
export const slopePart = (slope: string | undefined, channels: number): Part =>
  slope === undefined ? filled({ length: 4, value: 0 }) : vector({ name: slope, length: channels });

export const activationOp: Op<ActivationAttrs> = {
  name: 'activation',
  infer: ([x]) => [asTensor(x)],
  variants: ({ attrs }) => [{ id: 'rows', consts: { ACTIVATION: activationCodes[attrs.activation] } }],
  lower({ inputs, attrs }, { consts }) {
    const type = asTensor(inputs[0]);
    const groups = groupsOf(type);
    const count = rowsOf(type) * groups;
    const channels = channelsOf(type);
    const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { count, groups, channels, stride },
        bindings: [input(0), weights(packedWeights(slopePart(attrs.slope, channels))), output()],
        workgroups,
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/** Elementwise `activation(x)`; PReLU takes `slope`, one a channel (He et al. 2015). */
export function activation(graph: Graph, x: Value, attrs: ActivationAttrs, name: string): Value<TensorType> {
  return graph.add(activationOp, [x], attrs, name);
}
