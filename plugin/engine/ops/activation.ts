import activationSource from '../../../shaders/engine/activation.wgsl';
import activationPrelude from '../../../shaders/prelude/activation.wgsl';
import lanesPrelude from '../../../shaders/prelude/lanes.wgsl';
import type { Kernel } from '../../gpu/kernel.js';
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

const kernel: Kernel = {
  name: 'activation',
  source: activationSource,
  preludes: [lanesPrelude, activationPrelude],
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-write'],
};

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
    const grid = gridOf(count, 64);
    return [
      {
        kernel,
        consts,
        uniforms: [count, groups, channelsOf(type), grid.stride],
        bindings: [input(0), weights(packedWeights(slopePart(attrs.slope, channelsOf(type)))), output()],
        workgroups: grid.workgroups,
        macs: 0,
      },
    ];
  },
};

/** Elementwise `activation(x)`; PReLU takes `slope`, one a channel (He et al. 2015). */
export function activation(graph: Graph, x: Value, attrs: ActivationAttrs, name: string): Value<TensorType> {
  return graph.add(activationOp, [x], attrs, name);
}
