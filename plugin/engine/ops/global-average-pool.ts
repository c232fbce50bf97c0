import { shader } from '../../../shaders/engine/global_average_pool.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output } from '../op.js';
import { asTensor, groupsOf, imageDims, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { realTensor } from './rearrange.js';

const kernel = kernelOf('global_average_pool', shader);

export const globalAveragePoolOp: Op<undefined> = {
  name: 'globalAveragePool',
  infer([type]) {
    const x = realTensor(type, 'globalAveragePool');
    const { batch, channels } = imageDims(x);
    return [tensor([...(x.shape.length === 4 ? [batch] : []), 1, 1, channels])];
  },
  variants: () => [{ id: 'workgroup', consts: {} }],
  lower({ inputs }) {
    const x = asTensor(inputs[0]);
    const { batch, height, width } = imageDims(x);
    const groups = groupsOf(x);
    return [
      dispatch({
        kernel,
        consts: {},
        uniforms: { pixels: height * width, groups },
        bindings: [input(0), output()],
        workgroups: [groups, batch, 1],
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/** Mean over all pixels (PyTorch's `adaptive_avg_pool2d` to 1x1): `[(B,) H, W, C]` to `[(B,) 1, 1, C]`. */
export function globalAveragePool(graph: Graph, x: Value, name: string): Value<TensorType> {
  return graph.add(globalAveragePoolOp, [x], undefined, name);
}
