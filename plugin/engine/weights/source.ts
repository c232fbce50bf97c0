import type { SafetensorsDType } from './safetensors.js';

/** Numbers as they are packed: f32, or the bits of f16. */
export type Numbers = Float32Array | Uint16Array;

/** A tensor as its file has it. */
export interface StoredTensor {
  readonly dtype: SafetensorsDType;
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
  /** Of steps in int8: what one is worth, for each row (of the first dimension). */
  readonly scales?: Float32Array;
}

/** Where a plan's parameters come from: tensors by name, their shape checked, their numbers finite. */
export interface WeightSource {
  /** As f32, row-major. @throws VitreousError `weights-missing`, `weights-shape`. */
  get(name: string, shape: readonly number[]): Float32Array;
  /**
   * The tensor as it is stored, of which no more is decoded than is read. Absent, or undefined for a name: it is computed, so that `get` has
   * to make all of it.
   *
   * @throws as `get`.
   */
  stored?(name: string, shape: readonly number[]): StoredTensor | undefined;
}

export const lengthOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** An empty array of the same kind of numbers: 0 is 0 in both. */
export function zerosLike<N extends Numbers>(numbers: N, length: number): N {
  return new (numbers.constructor as new (length: number) => N)(length); // Either kind's own constructor takes a length.
}

/** A vector padded with zeros to a multiple of 4. */
export function padded<N extends Numbers>(values: N): N {
  const out = zerosLike(values, Math.ceil(values.length / 4) * 4);
  out.set(values);
  return out;
}

export function concatFloats(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
