import { shader } from '../../../shaders/engine/resize.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output } from '../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { realTensor } from './rearrange.js';

export interface ResizeAttrs {
  /** `bilinear-corner`: of centres half a pixel off, as TensorFlow 1 resized: the first sample lies on the first pixel. */
  readonly mode: 'bilinear' | 'bilinear-corner' | 'nearest';
  /** Output [height, width]. */
  readonly size: readonly [number, number];
}

const kernel = kernelOf('resize', shader);

/** Positions are products of two sizes in 32-bit integers. */
const maxSize = 32_767;

export const resizeOp: Op<ResizeAttrs> = {
  name: 'resize',
  infer([type], { size }) {
    const x = realTensor(type, 'resize');
    const { batch, height, width, channels } = imageDims(x);
    if ([height, width, ...size].some((n) => n > maxSize))
      throw invalidGraph(`resize of ${height}x${width} to ${size.join('x')}`, `sizes up to ${maxSize}`);
    return [tensor([...(x.shape.length === 4 ? [batch] : []), ...size, channels])];
  },
  variants: ({ attrs }) => [
    { id: attrs.mode, consts: { BILINEAR: attrs.mode !== 'nearest', CORNER: attrs.mode === 'bilinear-corner' } },
  ],
  lower({ inputs, attrs }, { consts }) {
    const x = asTensor(inputs[0]);
    const { batch, height, width, channels } = imageDims(x);
    const [outHeight, outWidth] = attrs.size;
    const groups = groupsOf(x);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { inSize: [width, height], outSize: [outWidth, outHeight], groups },
        bindings: [input(0), output()],
        workgroups: covering(kernel, outWidth, outHeight, batch * groups),
        macs: attrs.mode === 'nearest' ? 0 : 4 * batch * outHeight * outWidth * channels,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * Another size by PyTorch's `interpolate`: `bilinear` with `align_corners` false and no antialiasing, or `nearest`, both given
 * the size, not a scale factor; or by TensorFlow's `ResizeBilinear` without `half_pixel_centers`, `bilinear-corner`.
 *
 * @param x `[(B,) H, W, C]`
 * @returns `[(B,) size[0], size[1], C]`
 * @throws VitreousError `graph-invalid` for a size that is no positive integer up to 32,767
 */
export function resize(graph: Graph, x: Value, attrs: ResizeAttrs, name: string): Value<TensorType> {
  return graph.add(resizeOp, [x], attrs, name);
}
