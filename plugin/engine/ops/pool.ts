import { shader } from '../../../shaders/engine/pool.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output } from '../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { realTensor } from './rearrange.js';

export interface PoolAttrs {
  readonly mode: 'max' | 'average';
  /** [height, width] */
  readonly kernel: readonly [number, number];
  /** Default: the kernel. */
  readonly stride?: readonly [number, number];
  /** At most half the kernel. */
  readonly padding?: readonly [number, number];
  /** Whether an average counts padding as zeros (PyTorch's `count_include_pad`). Default true. */
  readonly countPadding?: boolean;
}

const kernel = kernelOf('pool', shader);

function outSize(x: TensorType, attrs: PoolAttrs): readonly [number, number] {
  const { height, width } = imageDims(x);
  const { kernel: size, stride = size, padding = [0, 0] } = attrs;
  const along = (n: number, axis: 0 | 1): number => {
    const [k, s, pad] = [size[axis], stride[axis], padding[axis]];
    if (!(k >= 1 && s >= 1 && pad >= 0 && pad * 2 <= k))
      throw invalidGraph(
        `pool of kernel ${k}, stride ${s}, padding ${pad}`,
        'positive sizes, padding at most half the kernel',
      );
    const out = Math.floor((n + 2 * pad - k) / s) + 1;
    if (out < 1) throw invalidGraph(`pool of kernel ${k} over ${n}`, 'a kernel within the padded input');
    return out;
  };
  return [along(height, 0), along(width, 1)];
}

export const poolOp: Op<PoolAttrs> = {
  name: 'pool',
  infer([type], attrs) {
    const x = realTensor(type, 'pool');
    const { batch, channels } = imageDims(x);
    return [tensor([...(x.shape.length === 4 ? [batch] : []), ...outSize(x, attrs), channels])];
  },
  variants: ({ attrs }) => [{ id: attrs.mode, consts: { AVERAGE: attrs.mode === 'average' } }],
  lower({ inputs, attrs }, { consts }) {
    const x = asTensor(inputs[0]);
    const { batch, height, width } = imageDims(x);
    const [outHeight, outWidth] = outSize(x, attrs);
    const { kernel: size, stride = size, padding = [0, 0] } = attrs;
    const groups = groupsOf(x);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: {
          inSize: [width, height],
          outSize: [outWidth, outHeight],
          stride: [stride[1], stride[0]],
          kernelSize: [size[1], size[0]],
          padding: [padding[1], padding[0]],
          groups,
          countPadding: attrs.countPadding === false ? 0 : 1,
        },
        bindings: [input(0), output()],
        workgroups: covering(kernel, outWidth, outHeight, batch * groups),
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * Maximum or mean over windows, as PyTorch's `max_pool2d` and `avg_pool2d` (no dilation, `ceil_mode` false).
 *
 * @param x `[(B,) H, W, C]`
 * @returns `[(B,) H', W', C]`, H' = floor((H + 2·pad − k) / stride) + 1
 * @throws VitreousError `graph-invalid` for padding above half the kernel or a kernel larger than the padded input
 */
export function pool(graph: Graph, x: Value, attrs: PoolAttrs, name: string): Value<TensorType> {
  return graph.add(poolOp, [x], attrs, name);
}
