import { f32ToF16, halvesOf, toFloat16 } from './float16.js';
import { bytesPerElement, decodeFloats } from './safetensors.js';
import { lengthOf, type Numbers, type StoredTensor, type WeightSource } from './source.js';

/** What a packing reads from: the numbers of tensors, in the form in which they are packed. */
export interface Reader<N extends Numbers = Numbers> {
  /** A tensor, row-major. Not to be written to: it may be the file's own bytes. @throws VitreousError `weights-missing`, `weights-shape`. */
  get(name: string, shape: readonly number[]): N;
  /** Its elements [begin, end): of a stored tensor no others are decoded. @throws as `get`. */
  range(name: string, shape: readonly number[], begin: number, end: number): N;
  zeros(length: number): N;
  filled(length: number, value: number): N;
  /** Numbers that are of no tensor. */
  encoded(values: Float32Array): N;
}

/** Elements [begin, end) of a stored tensor as f32. */
export function storedFloats({ dtype, bytes, scales }: StoredTensor, begin: number, end: number): Float32Array {
  const size = bytesPerElement[dtype];
  const values = decodeFloats(dtype, bytes.subarray(begin * size, end * size));
  if (!scales) return values;
  const perRow = bytes.byteLength / size / scales.length;
  return values.map((step, i) => step * (scales[Math.floor((begin + i) / perRow)] ?? 0));
}

function storedHalves(stored: StoredTensor, begin: number, end: number): Uint16Array {
  if (stored.dtype === 'F16') return halvesOf(stored.bytes.subarray(begin * 2, end * 2));
  return toFloat16(storedFloats(stored, begin, end));
}

function readerOf<N extends Numbers>(
  source: WeightSource,
  make: {
    readonly stored: (stored: StoredTensor, begin: number, end: number) => N;
    readonly floats: (values: Float32Array) => N;
    readonly filled: (length: number, value: number) => N;
  },
): Reader<N> {
  const range: Reader<N>['range'] = (name, shape, begin, end) => {
    const stored = source.stored?.(name, shape);
    return stored ? make.stored(stored, begin, end) : make.floats(source.get(name, shape).subarray(begin, end));
  };
  return {
    range,
    get: (name, shape) => range(name, shape, 0, lengthOf(shape)),
    zeros: (length) => make.filled(length, 0),
    filled: make.filled,
    encoded: make.floats,
  };
}

export const floatReader = (source: WeightSource): Reader<Float32Array> =>
  readerOf(source, {
    stored: storedFloats,
    floats: (values) => values,
    filled: (length, value) => new Float32Array(length).fill(value),
  });

/** Bits of f16; what is stored so is not decoded at all. */
export const halfReader = (source: WeightSource): Reader<Uint16Array> =>
  readerOf(source, {
    stored: storedHalves,
    floats: toFloat16,
    filled: (length, value) => new Uint16Array(length).fill(f32ToF16(value)),
  });

/** One of the experts whose tensors lie one behind the other along a first dimension of their own. */
export interface Expert {
  readonly index: number;
  readonly count: number;
}

export function expertReader<N extends Numbers>(all: Reader<N>, { index, count }: Expert): Reader<N> {
  const range: Reader<N>['range'] = (name, shape, begin, end) => {
    const at = index * lengthOf(shape);
    return all.range(name, [count, ...shape], at + begin, at + end);
  };
  return { ...all, range, get: (name, shape) => range(name, shape, 0, lengthOf(shape)) };
}
