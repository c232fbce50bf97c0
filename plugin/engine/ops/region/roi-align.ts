import { shader } from '../../../../shaders/engine/roi_align.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { input, type Op, output } from '../../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';
import { gridOf } from '../grid.js';

export interface RoiAlignAttrs {
  /** Samples along each side of a region. */
  readonly points: number;
}

const kernel = kernelOf('roi_align', shader);

export const roiAlignOp: Op<RoiAlignAttrs> = {
  name: 'roiAlign',
  infer([x, boxes], { points }) {
    const map = asTensor(x);
    const { shape } = asTensor(boxes);
    const [regions = 0, sides] = shape;
    if (map.shape.length !== 3 || map.dtype !== 'real' || shape.length !== 2 || sides !== 4)
      throw invalidGraph(
        `roiAlign of [${map.shape.join(', ')}] at [${shape.join(', ')}]`,
        'real [H, W, C] and boxes [N, 4]',
      );
    if (!Number.isInteger(points) || points < 1) throw invalidGraph(`roiAlign of ${points} points`, 'one or more');
    return [tensor([regions, imageDims(map).channels])];
  },
  variants: ({ attrs }) => [{ id: 'groups', consts: { POINTS: attrs.points } }],
  lower({ inputs, outputs, attrs }, { consts }) {
    const { height, width, channels } = imageDims(asTensor(inputs[0]));
    const y = asTensor(outputs[0]);
    const [regions = 0] = y.shape;
    const groups = groupsOf(y);
    const count = regions * groups;
    const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { size: [width, height], groups, count, stride },
        bindings: [input(0), input(1), output()],
        workgroups,
        macs: 4 * regions * attrs.points ** 2 * channels,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * The mean feature of each region: `points`² bilinear samples at the centres of its cells, positions clamped to the map (RoIAlign,
 * He et al. 2017, with the samples averaged; PyTorch's `grid_sample` with `border` and `align_corners` false).
 *
 * @param x `[H, W, C]`
 * @param boxes `[N, 4]`: left, top, right, bottom as fractions of the picture that x is the map of
 * @returns `[N, C]`
 * @throws VitreousError `graph-invalid` for other shapes or no points
 */
export function roiAlign(graph: Graph, x: Value, boxes: Value, attrs: RoiAlignAttrs, name: string): Value<TensorType> {
  return graph.add(roiAlignOp, [x, boxes], attrs, name);
}
