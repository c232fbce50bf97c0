import { halvesOf } from './float16.js';
import { decodeFloats } from './safetensors.js';
import type { StoredTensor } from './source.js';

/** What of a number's bits says that it is infinite or none at all: all of the exponent's. */
const exponents = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 } as const;

const isRealDType = (dtype: string): dtype is keyof typeof exponents => Object.hasOwn(exponents, dtype);

/** The bits of each number. */
function words(bytes: Uint8Array, size: 2 | 4): Uint16Array | Uint32Array {
  if (size === 2) return halvesOf(bytes);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** The largest step of int8. */
const largestStep = 128;

/** The first of the numbers [begin, end) that is not finite. */
export function notFinite(
  { dtype, bytes, scales }: StoredTensor,
  begin: number,
  end: number,
): { readonly index: number; readonly value: number } | undefined {
  if (isRealDType(dtype)) {
    const size = dtype === 'F32' ? 4 : 2;
    const part = bytes.subarray(begin * size, end * size);
    const mask = exponents[dtype];
    const at = words(part, size).findIndex((bits: number) => (bits & mask) === mask);
    if (at < 0) return undefined;
    return { index: begin + at, value: decodeFloats(dtype, part.subarray(at * size, (at + 1) * size))[0] ?? 0 };
  }
  if (!scales) return undefined;
  // A product of two finite numbers may still be too large for one.
  const perRow = bytes.length / scales.length;
  const row = scales.findIndex((scale) => !Number.isFinite(Math.fround(scale * largestStep)));
  return row < 0 ? undefined : { index: row * perRow, value: (scales[row] ?? 0) * largestStep };
}
