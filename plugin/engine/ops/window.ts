import type { Graph } from '../graph.js';
import { ceilDiv } from '../op.js';
import { imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { along, type Rearrangement, rearrangeOp } from './rearrange.js';

export interface WindowPartitionAttrs {
  /** [height, width] */
  readonly window: readonly [number, number];
}

export interface WindowReverseAttrs extends WindowPartitionAttrs {
  /** The picture's [height, width]; what windows hold beyond it is cropped. */
  readonly size: readonly [number, number];
  /** Present: the output is `[batch, H, W, C]`, else `[H, W, C]`. */
  readonly batch?: number;
}

function windowsIn(
  [height, width]: readonly [number, number],
  [wh, ww]: readonly [number, number],
): readonly [number, number] {
  if (!(Number.isInteger(wh) && Number.isInteger(ww) && wh > 0 && ww > 0))
    throw invalidGraph(`windows of ${wh}x${ww}`, 'positive integers');
  return [ceilDiv(height, wh), ceilDiv(width, ww)];
}

function partitionMap(x: TensorType, { window }: WindowPartitionAttrs): Rearrangement {
  const { batch, height, width, channels } = imageDims(x);
  const [wh, ww] = window;
  const [rows, columns] = windowsIn([height, width], window);
  return {
    shape: [batch * rows * columns, wh * ww, channels],
    axes: [
      [],
      [along(0, batch), along(1, rows, wh), along(2, columns, ww)],
      [along(1, wh), along(2, ww)],
      [along(3, channels)],
    ],
  };
}

function reverseMap({ shape }: TensorType, { window, size, batch }: WindowReverseAttrs): Rearrangement {
  const [wh, ww] = window;
  const [rows, columns] = windowsIn(size, window);
  const [windows, tokens, channels = 1] = shape;
  const expected = (batch ?? 1) * rows * columns;
  if (shape.length !== 3 || windows !== expected || tokens !== wh * ww)
    throw invalidGraph(`windowReverse of [${shape.join(', ')}]`, `[${expected}, ${wh * ww}, C]`);
  return {
    shape: [...(batch === undefined ? [] : [batch]), ...size, channels],
    axes: [
      [along(1, batch ?? 1, rows * columns)],
      [along(1, rows, columns), along(2, wh, ww)],
      [along(1, columns), along(2, ww)],
      [along(3, channels)],
    ],
  };
}

export const windowPartitionOp = rearrangeOp('windowPartition', partitionMap);
export const windowReverseOp = rearrangeOp('windowReverse', reverseMap);

/**
 * The picture cut into windows (Liu et al. 2021, Swin), row by row, zeros to the right and below where they don't divide it.
 *
 * @param x `[H, W, C]` or `[B, H, W, C]`
 * @returns `[B·windows, wh·ww, C]`
 * @throws VitreousError `graph-invalid` for windows that aren't positive integers
 */
export function windowPartition(graph: Graph, x: Value, attrs: WindowPartitionAttrs, name: string): Value<TensorType> {
  return graph.add(windowPartitionOp, [x], attrs, name);
}

/** The inverse of `windowPartition`, cropped to `size`: `[B·windows, wh·ww, C]` to `[(B,) H, W, C]`. @throws VitreousError `graph-invalid`. */
export function windowReverse(graph: Graph, x: Value, attrs: WindowReverseAttrs, name: string): Value<TensorType> {
  return graph.add(windowReverseOp, [x], attrs, name);
}
