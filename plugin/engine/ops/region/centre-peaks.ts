import { shader } from '../../../../shaders/engine/centre_peaks.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { input, type Op, output } from '../../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';

const kernel = kernelOf('centre_peaks', shader);

/** Numbers a cell: logit, class, and the distances to left, top, right and bottom. */
const cellLength = 6;
/** Class numbers up to here are exact in f16. */
const maxClasses = 2048;

export const centrePeaksOp: Op<undefined> = {
  name: 'centrePeaks',
  infer(inputs) {
    const [classes, sides] = [asTensor(inputs[0]), asTensor(inputs[1])];
    const [height = 0, width = 0, count = 0] = classes.shape;
    const wanted = [height, width, 4];
    if (classes.shape.length !== 3 || count > maxClasses || String(sides.shape) !== String(wanted))
      throw invalidGraph(
        `centrePeaks of [${classes.shape.join(', ')}] and [${sides.shape.join(', ')}]`,
        `[H, W, classes], at most ${maxClasses} of them, and [H, W, 4]`,
      );
    return [tensor([height, width, cellLength])];
  },
  variants: () => [{ id: 'cells', consts: {} }],
  lower({ inputs }) {
    const classes = asTensor(inputs[0]);
    const { height, width, channels } = imageDims(classes);
    return [
      dispatch({
        kernel,
        consts: {},
        uniforms: { size: [width, height], classes: channels, classGroups: groupsOf(classes) },
        bindings: [input(0), input(1), output()],
        workgroups: covering(kernel, width, height),
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * The best class that peaks at each cell, and the cell's distances to the four sides of its box: all that is left to read of a
 * CenterNet's maps (Zhou et al. 2019). A class peaks where none of its 3x3 neighbours is larger; where none does, the logit is -10,000.
 *
 * @param classes `[H, W, C]`: logits
 * @param sides `[H, W, 4]`: distances to left, top, right, bottom, in whatever unit
 * @returns `[H, W, 6]`: logit, class, left, top, right, bottom
 * @throws VitreousError `graph-invalid` for sizes that do not meet, or more than 2,048 classes
 */
export function centrePeaks(graph: Graph, classes: Value, sides: Value, name: string): Value<TensorType> {
  return graph.add(centrePeaksOp, [classes, sides], undefined, name);
}
