import type { Size } from '../../plugin/core/geometry.js';
import type { Fraction } from './time-base.js';

// IVF is the smallest container that gives each frame a timestamp: raw video through a pipe has none, and a variable frame rate
// would be lost. Layout: a 32-byte file header, then a 12-byte header before each frame, little-endian.

/** File header of an IVF stream of raw RGBA frames. */
export function ivfHeader(size: Size, timeBase: Fraction): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write('RGBA', 8, 'latin1');
  header.writeUInt16LE(size.width, 12);
  header.writeUInt16LE(size.height, 14);
  header.writeUInt32LE(timeBase.denominator, 16);
  header.writeUInt32LE(timeBase.numerator, 20);
  return header;
}

export function ivfFrameHeader(sizeBytes: number, timestamp: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(sizeBytes, 0);
  header.writeBigUInt64LE(BigInt(timestamp), 4);
  return header;
}
