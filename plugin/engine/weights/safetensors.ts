import { type ErrorCode, VitreousError } from '../../core/errors.js';
import { bf16ToF32, f16ToF32, fromFloat16, halvesOf } from './float16.js';

// safetensors: 8-byte little-endian header length, a JSON header, then the tensors' bytes.
// https://github.com/huggingface/safetensors#format

export const bytesPerElement = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1, I64: 8 } as const;
export type SafetensorsDType = keyof typeof bytesPerElement;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Byte range within the data section. */
  readonly begin: number;
  readonly end: number;
}

/** The specification's own cap on the header. */
const maxHeaderBytes = 100_000_000;

function fail(code: ErrorCode, found: string, expected: string): VitreousError {
  return new VitreousError({
    code,
    stage: 'weights',
    found,
    expected,
    fix: 'Fetch the file again or export it anew; nothing of it was used.',
  });
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

/** A header's value in a message: short, and one level deep, for printing what is nested deeply overflows the stack. */
function shown(x: unknown): string {
  if (Array.isArray(x)) return `[${x.slice(0, 16).map((n) => (Array.isArray(n) ? '[…]' : shown(n)))}]`;
  return typeof x === 'object' && x !== null ? 'an object' : String(x).slice(0, 40);
}

function parseEntry(name: string, raw: unknown, dataBytes: number): SafetensorsEntry {
  const bad = (found: string, expected: string) => fail('weights-format', `${name}: ${found}`, expected);
  if (!isRecord(raw)) throw bad('no object', '{ dtype, shape, data_offsets }');
  const { dtype, shape, data_offsets: offsets } = raw;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype))
    throw fail('weights-dtype', `${name}: dtype ${shown(dtype)}`, Object.keys(bytesPerElement).join(', '));
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize))
    throw bad(`shape ${shown(shape)}`, 'up to 16 non-negative integers');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw bad(`data_offsets ${shown(offsets)}`, 'two non-negative integers');
  const [begin, end] = offsets as [number, number];
  // `dtype` was found in the table above.
  const known = dtype as SafetensorsDType;
  const elements = shape.reduce((product: number, n: number) => product * n, 1);
  if (!Number.isSafeInteger(elements) || end < begin || end - begin !== elements * bytesPerElement[known])
    throw bad(`bytes ${begin}..${end} for ${dtype}[${shape.join(', ')}]`, `${elements * bytesPerElement[known]} bytes`);
  if (end > dataBytes)
    throw fail('weights-truncated', `${name} ends at byte ${end} of ${dataBytes}`, 'all tensors within the file');
  return { dtype: known, shape, begin, end };
}

/** The spec forbids holes and overlaps: each byte belongs to exactly one tensor. */
function checkCoverage(entries: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  let at = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw fail('weights-format', `${name} starts at byte ${begin}`, `byte ${at}: no hole, no overlap`);
    at = end;
  }
  if (at !== dataBytes) throw fail('weights-format', `${dataBytes - at} bytes after the last tensor`, 'none');
}

/** What a file says of its tensors. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of the header, from a file's first eight. @throws VitreousError `weights-truncated`, `weights-format`. */
export function headerLength(bytes: Uint8Array): number {
  if (bytes.byteLength < 8)
    throw fail('weights-truncated', `${bytes.byteLength} bytes`, 'at least 8 bytes of header length');
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes))
    throw fail('weights-format', `a header of ${headerBytes} bytes`, `at most ${maxHeaderBytes}`);
  return Number(headerBytes);
}

/**
 * A header by itself, for files that are read in parts.
 *
 * @param json its bytes
 * @param dataBytes bytes that follow it in the file
 * @throws VitreousError `weights-format`, `weights-truncated`, `weights-dtype`.
 */
export function readHeader(json: Uint8Array, dataBytes: number): SafetensorsHeader {
  const entries = new Map<string, SafetensorsEntry>();
  const metadata: Record<string, string> = {};
  for (const [name, raw] of Object.entries(parseHeader(json))) {
    if (name === '__metadata__') {
      if (!isRecord(raw)) throw fail('weights-format', '__metadata__ that is no object', 'string to string');
      for (const [key, value] of Object.entries(raw)) {
        if (typeof value !== 'string')
          throw fail('weights-format', `__metadata__.${key} = ${shown(value)}`, 'a string');
        metadata[key] = value;
      }
    } else entries.set(name, parseEntry(name, raw, dataBytes));
  }
  checkCoverage(entries, dataBytes);
  return { entries, metadata };
}

/** A parsed file. Holds the bytes; tensors are decoded when asked for. */
export class SafetensorsFile {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #data: Uint8Array;

  /** @throws VitreousError `weights-format`, `weights-truncated`, `weights-dtype`. Never allocates from a header's claim. */
  constructor(bytes: Uint8Array) {
    const headerBytes = headerLength(bytes);
    const dataBegin = 8 + headerBytes;
    if (dataBegin > bytes.byteLength)
      throw fail('weights-truncated', `${bytes.byteLength} bytes`, `a header of ${headerBytes} bytes and the tensors`);
    this.#data = bytes.subarray(dataBegin);
    const { entries, metadata } = readHeader(bytes.subarray(8, dataBegin), this.#data.byteLength);
    this.entries = entries;
    this.metadata = metadata;
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  entry(name: string): SafetensorsEntry {
    const entry = this.entries.get(name);
    if (!entry)
      throw fail(
        'weights-missing',
        `no tensor '${name}'`,
        `one of ${[...this.entries.keys()].slice(0, 8).join(', ')} …`,
      );
    return entry;
  }

  /** The raw little-endian bytes of a tensor. */
  bytes(name: string): Uint8Array {
    const { begin, end } = this.entry(name);
    return this.#data.subarray(begin, end);
  }

  /** Any tensor as f32, row-major. I64 values beyond 2^24 lose precision: use `integers` for those. */
  floats(name: string): Float32Array {
    return decodeFloats(this.entry(name).dtype, this.bytes(name));
  }

  /** I8, U8 or I64 as numbers. @throws VitreousError `weights-dtype` for floats, `weights-format` past 2^53. */
  integers(name: string): readonly number[] {
    const { dtype } = this.entry(name);
    if (dtype !== 'I8' && dtype !== 'U8' && dtype !== 'I64')
      throw fail('weights-dtype', `${name}: ${dtype}`, 'I8, U8 or I64');
    const raw = this.bytes(name);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const size = bytesPerElement[dtype];
    return Array.from({ length: raw.byteLength / size }, (_, i) => {
      const value = readers[dtype](view, i * size);
      if (!Number.isSafeInteger(value))
        throw fail('weights-format', `${name}[${i}] = ${value}`, 'an integer below 2^53');
      return value;
    });
  }
}

/** A tensor's bytes as f32. */
export function decodeFloats(dtype: SafetensorsDType, raw: Uint8Array): Float32Array {
  // WebGPU and so this library run on little-endian machines alone: the file's own order.
  if (dtype === 'F32') return new Float32Array(new Uint8Array(raw).buffer);
  if (dtype === 'F16') return fromFloat16(halvesOf(raw));
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const size = bytesPerElement[dtype];
  const out = new Float32Array(raw.byteLength / size);
  const read = readers[dtype];
  for (let i = 0; i < out.length; i++) out[i] = read(view, i * size);
  return out;
}

const readers: Readonly<Record<SafetensorsDType, (view: DataView, offset: number) => number>> = {
  F32: (view, offset) => view.getFloat32(offset, true),
  F16: (view, offset) => f16ToF32(view.getUint16(offset, true)),
  BF16: (view, offset) => bf16ToF32(view.getUint16(offset, true)),
  I8: (view, offset) => view.getInt8(offset),
  U8: (view, offset) => view.getUint8(offset),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
};

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new VitreousError({
      code: 'weights-format',
      stage: 'weights',
      found: `a header that is not JSON (${String(cause)})`,
      expected: 'a safetensors file',
      fix: 'Fetch the file again or export it anew; nothing of it was used.',
      cause,
    });
  }
  if (!isRecord(header)) throw fail('weights-format', 'a header that is no object', 'a safetensors file');
  return header;
}
