import { shader } from '../../../shaders/engine/expert_mixture.wgsl';
import { shader as weightsPrelude } from '../../../shaders/prelude/weights_uniform.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, output, reads, weights } from '../op.js';
import { asTensor, channelsOf, groupsOf, invalidGraph, rowsOf, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { packExpertMixture } from '../weights/pack/block-packing.js';
import { realTensor } from './rearrange.js';

export interface ExpertMixtureAttrs {
  /** Names of what is subtracted from the average token and what it is then divided by, shape [C]. */
  readonly mean: string;
  readonly deviation: string;
  /** Prefixes of the linear layers' `.weight` and `.bias`: [C, C], and [experts, C]. */
  readonly hidden: string;
  readonly mixture: string;
  readonly experts: number;
  /** `average += averageRate × (frame − average)`. The first 1 / averageRate frames are averaged evenly. Above 0, to 1. */
  readonly averageRate: number;
  /** The mixture in use stays while no share of the average differs from it by more. */
  readonly hysteresis: number;
}

const kernel = kernelOf('expert_mixture', shader, { preludes: [weightsPrelude] });

/** Two groups of 4 channels an invocation: the average, and the hidden layer. */
const maxChannels = 512;

export const expertMixtureOp: Op<ExpertMixtureAttrs> = {
  name: 'expertMixture',
  infer([type], { mixture, experts }) {
    const z = realTensor(type, 'expertMixture');
    const isWide = channelsOf(z) % 4 === 0 && channelsOf(z) <= maxChannels;
    if (z.shape.length !== 3 || !isWide || !(Number.isInteger(experts) && experts > 0))
      throw invalidGraph(
        `${mixture}: ${experts} experts from [${z.shape.join(', ')}]`,
        `one or more, from [rows, columns, channels: a multiple of 4, at most ${maxChannels}]`,
      );
    return [tensor([1, 1, ceilDiv(experts, 4) * 8 + 4])];
  },
  variants({ inputs, attrs }) {
    const z = realTensor(inputs[0], 'expertMixture');
    const { length } = packExpertMixture(attrs, channelsOf(z));
    const consts = { WEIGHTS: length / 4, GROUPS: groupsOf(z), EXPERT_GROUPS: ceilDiv(attrs.experts, 4) };
    return [{ id: 'workgroup', consts }];
  },
  lower({ inputs, attrs }, { consts }) {
    const z = realTensor(inputs[0], 'expertMixture');
    const channels = channelsOf(z);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: {
          tokens: rowsOf(z),
          experts: attrs.experts,
          expertGroups: ceilDiv(attrs.experts, 4),
          groups: channels / 4,
          hold: attrs.hysteresis,
          follow: attrs.averageRate,
        },
        bindings: [weights(packExpertMixture(attrs, channels)), input(0), output()],
        workgroups: [1, 1, 1],
        macs: channels * (channels + attrs.experts),
        footprint: { inputs: [reads(0, Math.max(...z.shape))] },
      }),
    ];
  },
};

/**
 * In which mixture a frame takes the experts of `blendWeights`:
 * `softmax(mixture(tanh(hidden((average token − mean) / deviation))))`, averaged over the frames before, and held while it hardly changes. It
 * is a state of the graph: it lasts from frame to frame.
 *
 * @param z tokens `[rows, columns, C]`
 * @returns `[1, 1, 2 E + 4]`, E the number of experts rounded up to a multiple of 4: their shares, those of the running average, then 1 where
 * the former have just changed, or 0, and how many frames the average is of
 * @throws VitreousError `graph-invalid` where C is no multiple of 4, or above 512
 */
export function expertMixture(graph: Graph, z: Value, attrs: ExpertMixtureAttrs, name: string): Value<TensorType> {
  const [type] = expertMixtureOp.infer([z.type], attrs);
  return graph.update(expertMixtureOp, [z], graph.state(name, asTensor(type)), attrs, name);
}
