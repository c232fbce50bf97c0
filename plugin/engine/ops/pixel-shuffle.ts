import type { Graph } from '../graph.js';
import { ceilDiv } from '../op.js';
import { imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { along, type Rearrangement, rearrangeOp } from './rearrange.js';

export interface PixelShuffleAttrs {
  /** Upscaling factor r. */
  readonly factor: number;
}

export interface PixelUnshuffleAttrs extends PixelShuffleAttrs {
  /** Sizes that r doesn't divide: repeat the last row and column. Without it they are refused, as PyTorch does. */
  readonly edge?: 'replicate';
}

/** `shape` of an image of the same rank as `x`. */
const likeImage = (x: TensorType, batch: number, ...rest: readonly number[]): readonly number[] =>
  x.shape.length === 4 ? [batch, ...rest] : rest;

function checkFactor(r: number): void {
  if (!(Number.isInteger(r) && r >= 1)) throw invalidGraph(`pixel shuffle by ${r}`, 'a positive integer factor');
}

function shuffleMap(x: TensorType, { factor: r }: PixelShuffleAttrs): Rearrangement {
  checkFactor(r);
  const { batch, height, width, channels } = imageDims(x);
  if (channels % (r * r) !== 0) throw invalidGraph(`pixelShuffle of ${channels} channels`, `a multiple of ${r * r}`);
  return {
    shape: likeImage(x, batch, height * r, width * r, channels / (r * r)),
    axes: [
      [along(0, batch)],
      [along(1, height), along(3, r, r)],
      [along(2, width), along(3, r)],
      [along(3, channels / (r * r), r * r)],
    ],
  };
}

function unshuffleMap(x: TensorType, { factor: r, edge }: PixelUnshuffleAttrs): Rearrangement {
  checkFactor(r);
  const { batch, height, width, channels } = imageDims(x);
  if (!edge && (height % r !== 0 || width % r !== 0))
    throw invalidGraph(`pixelUnshuffle of ${height}x${width}`, `multiples of ${r}, or edge: 'replicate'`);
  return {
    shape: likeImage(x, batch, ceilDiv(height, r), ceilDiv(width, r), channels * r * r),
    axes: [
      [along(0, batch)],
      [along(1, ceilDiv(height, r), r)],
      [along(2, ceilDiv(width, r), r)],
      [along(3, channels), along(1, r), along(2, r)],
    ],
    ...(edge ? { edge } : {}),
  };
}

export const pixelShuffleOp = rearrangeOp('pixelShuffle', shuffleMap);
export const pixelUnshuffleOp = rearrangeOp('pixelUnshuffle', unshuffleMap);

/**
 * Channels to space (Shi et al. 2016), in PyTorch's order: y[h·r + i, w·r + j, c] = x[h, w, c·r² + i·r + j].
 *
 * @param x `[(B,) H, W, C·r²]`
 * @returns `[(B,) H·r, W·r, C]`
 * @throws VitreousError `graph-invalid` when r² doesn't divide the channels
 */
export function pixelShuffle(graph: Graph, x: Value, attrs: PixelShuffleAttrs, name: string): Value<TensorType> {
  return graph.add(pixelShuffleOp, [x], attrs, name);
}

/**
 * The inverse of `pixelShuffle`.
 *
 * @param x `[(B,) H, W, C]`
 * @returns `[(B,) ⌈H/r⌉, ⌈W/r⌉, C·r²]`
 * @throws VitreousError `graph-invalid` when r doesn't divide the size and `edge` is absent
 */
export function pixelUnshuffle(graph: Graph, x: Value, attrs: PixelUnshuffleAttrs, name: string): Value<TensorType> {
  return graph.add(pixelUnshuffleOp, [x], attrs, name);
}
