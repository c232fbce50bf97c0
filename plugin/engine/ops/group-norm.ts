import { shader } from '../../../shaders/engine/group_norm.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output, weights } from '../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { checkNorm, type NormAttrs, packScaleShift } from './norm.js';

export interface GroupNormAttrs extends NormAttrs {
  /** Divides the channels. */
  readonly groups: number;
}

const kernel = kernelOf('group_norm', shader);

export const groupNormOp: Op<GroupNormAttrs> = {
  name: 'groupNorm',
  infer([x], attrs) {
    const type = asTensor(x);
    checkNorm(type, attrs);
    const { channels } = imageDims(type);
    if (!Number.isInteger(attrs.groups) || attrs.groups < 1 || channels % attrs.groups !== 0)
      throw invalidGraph(
        `group norm of ${channels} channels in ${attrs.groups} groups`,
        'groups that divide the channels',
      );
    return [type];
  },
  variants: () => [{ id: 'workgroup', consts: {} }],
  lower({ inputs, attrs }, { consts }) {
    const type = asTensor(inputs[0]);
    const { batch, height, width, channels } = imageDims(type);
    const groupChannels = channels / attrs.groups;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { pixels: height * width, groups: groupsOf(type), channels, groupChannels, eps: attrs.eps },
        bindings: [weights(packScaleShift(attrs, channels)), input(0), output()],
        workgroups: [attrs.groups, batch, 1],
        macs: batch * height * width * channels * 2,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * Group norm (Wu & He 2018), as PyTorch's `nn.GroupNorm`: over all pixels and the channels of one group. One workgroup a group and
 * image, so a single group over a large picture leaves most of a GPU idle.
 *
 * @param x `[H, W, C]` or `[N, H, W, C]`
 * @returns the shape of x
 * @throws VitreousError `graph-invalid` where the groups don't divide C
 */
export function groupNorm(graph: Graph, x: Value, attrs: GroupNormAttrs, name: string): Value<TensorType> {
  return graph.add(groupNormOp, [x], attrs, name);
}
