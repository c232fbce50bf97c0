import type { Packed } from '../weights/packing.js';
import { floatReader } from '../weights/reader.js';
import { concatFloats, type WeightSource } from '../weights/source.js';

/** All parts of packed weights one behind the other, in f32; words as the floats of their bits. */
export function packAll({ parts }: Packed, source: WeightSource): Float32Array {
  const from = floatReader(source);
  return concatFloats(parts.map((part) => part.pack(from)).map(({ buffer }) => new Float32Array(buffer)));
}
