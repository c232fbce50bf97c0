import { VitreousError } from '../core/errors.js';
import type { Precision } from '../gpu/kernel.js';

/**
 * `real` is f32 or f16, whichever the plan is compiled for; `index` is u32 (token ids, gather indices); `int8` is a whole number of
 * steps from -127 to 127, four channels packed in a u32 (the first in the lowest byte).
 */
export type DType = 'real' | 'index' | 'int8';

/**
 * A tensor's shape; no storage. The one physical layout is `nhwc4`: row-major with the last dimension (channels) padded to a
 * multiple of 4, read as `vec4` channel groups. A token matrix `[T, C]` is the same bytes as an image `[H, W, C]` with H·W = T.
 * Padding lanes hold zero: every kernel writes them so, and may read them as such.
 */
export interface TensorType {
  readonly kind: 'tensor';
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** An rgba8unorm texture bound when the plan runs: the frame coming in, the picture going out. */
export interface ImageType {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
}

export type ValueType = TensorType | ImageType;

export function tensor(shape: readonly number[], dtype: DType = 'real'): TensorType {
  if (shape.length === 0 || shape.some((n) => !Number.isInteger(n) || n < 1))
    throw invalidGraph(`shape [${shape.join(', ')}]`, 'one or more positive integer dimensions');
  return { kind: 'tensor', shape, dtype };
}

export function image(width: number, height: number): ImageType {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw invalidGraph(`image ${width}x${height}`, 'positive integer width and height');
  return { kind: 'image', width, height };
}

export const channelsOf = (type: TensorType): number => type.shape[type.shape.length - 1] ?? 1;

/** Channel groups of 4: what a kernel's inner index counts. */
export const groupsOf = (type: TensorType): number => Math.ceil(channelsOf(type) / 4);

/** Rows: the product of all dimensions but the last. */
export const rowsOf = (type: TensorType): number => type.shape.slice(0, -1).reduce((product, n) => product * n, 1);

export function scalarBytes(dtype: DType, precision: Precision): number {
  if (dtype === 'int8') return 1;
  return dtype === 'real' && precision === 'f16' ? 2 : 4;
}

export const tensorBytes = (type: TensorType, precision: Precision): number =>
  rowsOf(type) * groupsOf(type) * 4 * scalarBytes(type.dtype, precision);

/** `[H, W, C]` or `[N, H, W, C]` as four numbers. */
export function imageDims(type: ValueType): {
  batch: number;
  height: number;
  width: number;
  channels: number;
} {
  const { shape } = asTensor(type);
  if (shape.length !== 3 && shape.length !== 4)
    throw invalidGraph(`shape [${shape.join(', ')}]`, '[H, W, C] or [N, H, W, C]');
  const [batch, height, width, channels] = shape.length === 4 ? shape : [1, ...shape];
  // Both branches above have four entries.
  return { batch: batch as number, height: height as number, width: width as number, channels: channels as number };
}

export function asTensor(type: ValueType | undefined): TensorType {
  if (type?.kind === 'tensor') return type;
  throw invalidGraph(type ? 'an image' : 'no value', 'a tensor');
}

export function asImage(type: ValueType | undefined): ImageType {
  if (type?.kind === 'image') return type;
  throw invalidGraph(type ? 'a tensor' : 'no value', 'an image');
}

export const sameShape = (a: TensorType, b: TensorType): boolean =>
  a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]);

export function invalidGraph(
  found: string,
  expected: string,
  fix = 'Mend the graph that builds this value.',
): VitreousError {
  return new VitreousError({ code: 'graph-invalid', stage: 'engine', found, expected, fix });
}
