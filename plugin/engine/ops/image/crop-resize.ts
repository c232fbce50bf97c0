import { shader } from '../../../../shaders/engine/crop_resize.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { input, type Op, output } from '../../op.js';
import { asImage, asTensor, type ImageType, invalidGraph, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';

/** Three numbers, one a channel of what comes out. */
export type PerChannel = readonly [number, number, number];

export interface CropResizeAttrs {
  /** Height and width of what comes out, pixels. */
  readonly size: readonly [number, number];
  readonly filter: 'bicubic' | 'bilinear';
  /** y = (pixel in 0..1 − mean) / std. Default 0 and 1. */
  readonly mean?: PerChannel;
  readonly std?: PerChannel;
  /** Order of the channels that come out. Default `rgb`. */
  readonly channels?: 'rgb' | 'bgr';
}

/** Boxes are whole numbers of this many steps a pixel: they keep their precision where `real` is f16. */
export const boxStepsPerPixel = 256;

const kernel = kernelOf('crop_resize', shader);

export const cropResizeOp: Op<CropResizeAttrs> = {
  name: 'cropResize',
  infer([frame, boxes], { size, std = [1, 1, 1] }) {
    asImage(frame);
    const { shape, dtype } = asTensor(boxes);
    if (dtype !== 'index' || shape.length !== 2 || shape[1] !== 4)
      throw invalidGraph(`boxes ${dtype} [${shape.join(', ')}]`, 'index [boxes, 4]');
    if (std.some((value) => !(value > 0))) throw invalidGraph(`std ${std.join(', ')}`, 'positive numbers');
    return [tensor([shape[0] ?? 1, ...size, 3])];
  },
  variants: ({ attrs }) => [{ id: attrs.filter, consts: { BICUBIC: attrs.filter === 'bicubic' } }],
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const [boxes = 1] = asTensor(inputs[1]).shape;
    const [outHeight, outWidth] = attrs.size;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: {
          size: [width, height],
          out: [outWidth, outHeight],
          mean: attrs.mean ?? [0, 0, 0],
          bgr: attrs.channels === 'bgr' ? 1 : 0,
          deviation: attrs.std ?? [1, 1, 1],
          step: 1 / boxStepsPerPixel,
        },
        bindings: [input(1), input(0), output()],
        workgroups: covering(kernel, outWidth, outHeight, boxes),
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * Parts of a frame at one size, normalised: what image towers read. Resampled as Pillow and `transformers`' processors do, the
 * filter widened where it shrinks (no aliasing); the result is kept to 0..1 before it is normalised.
 *
 * @param frame image [W, H]
 * @param boxes index tensor `[N, 4]`: left, top, right and bottom in steps of 1/{@link boxStepsPerPixel} pixel, within the frame
 * @returns `[N, size[0], size[1], 3]`
 * @throws VitreousError `graph-invalid` for boxes of another type
 */
export function cropResize(
  graph: Graph,
  frame: Value<ImageType>,
  boxes: Value,
  attrs: CropResizeAttrs,
  name: string,
): Value<TensorType> {
  return graph.add(cropResizeOp, [frame, boxes], attrs, name);
}
