import type { Graph } from '../graph.js';
import { imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { along, type Rearrangement, rearrangeOp } from './rearrange.js';

export interface UnfoldAttrs {
  /** Pixels of a patch: [height, width]. */
  readonly patch: readonly [number, number];
}

export interface FoldAttrs extends UnfoldAttrs {
  /** The picture's [height, width]. */
  readonly size: readonly [number, number];
  /** Present: the output is `[batch, H, W, C]`, else `[H, W, C]`. */
  readonly batch?: number;
}

function patchesIn(
  [height, width]: readonly [number, number],
  [ph, pw]: readonly [number, number],
): readonly [number, number] {
  if (!(ph > 0 && pw > 0) || height % ph !== 0 || width % pw !== 0)
    throw invalidGraph(
      `${height}x${width} pixels in patches of ${ph}x${pw}`,
      'sizes that patches divide: resize first',
    );
  return [height / ph, width / pw];
}

function unfoldMap(x: TensorType, { patch }: UnfoldAttrs): Rearrangement {
  const { batch, height, width, channels } = imageDims(x);
  const [ph, pw] = patch;
  const [rows, columns] = patchesIn([height, width], patch);
  return {
    shape: [batch * ph * pw, rows * columns, channels],
    axes: [
      [],
      [along(0, batch), along(1, ph), along(2, pw)],
      [along(1, rows, ph), along(2, columns, pw)],
      [along(3, channels)],
    ],
  };
}

function foldMap({ shape }: TensorType, { patch, size, batch }: FoldAttrs): Rearrangement {
  const [ph, pw] = patch;
  const [rows, columns] = patchesIn(size, patch);
  const [sequences, tokens, channels = 1] = shape;
  const expected = (batch ?? 1) * ph * pw;
  if (shape.length !== 3 || sequences !== expected || tokens !== rows * columns)
    throw invalidGraph(`fold of [${shape.join(', ')}]`, `[${expected}, ${rows * columns}, C]`);
  return {
    shape: [...(batch === undefined ? [] : [batch]), ...size, channels],
    axes: [
      [along(1, batch ?? 1, ph * pw)],
      [along(2, rows, columns), along(1, ph, pw)],
      [along(2, columns), along(1, pw)],
      [along(3, channels)],
    ],
  };
}

export const unfoldOp = rearrangeOp('unfold', unfoldMap);
export const foldOp = rearrangeOp('fold', foldMap);

/**
 * MobileViT's unfolding (Mehta & Rastegari 2022, §3.1): pixels at the same place of every patch form one sequence, so that
 * attention reaches across the picture.
 *
 * @param x `[H, W, C]` or `[B, H, W, C]`
 * @returns `[B·P, N, C]`, P = ph·pw places in a patch, N = (H/ph)·(W/pw) patches
 * @throws VitreousError `graph-invalid` when patches don't divide the picture
 */
export function unfold(graph: Graph, x: Value, attrs: UnfoldAttrs, name: string): Value<TensorType> {
  return graph.add(unfoldOp, [x], attrs, name);
}

/** The inverse of `unfold`: `[B·P, N, C]` to `[(B,) H, W, C]`. @throws VitreousError `graph-invalid`. */
export function fold(graph: Graph, x: Value, attrs: FoldAttrs, name: string): Value<TensorType> {
  return graph.add(foldOp, [x], attrs, name);
}
