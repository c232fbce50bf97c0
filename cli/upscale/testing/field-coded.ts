import { ffmpeg } from './run.js';

// No free encoder writes field pictures (PAFF). Pictures of half the height, each a key frame without CABAC, become fields: where a parameter set says
// `frame_mbs_only_flag = 0`, a slice header has two more flags, and the rest of the bits may stay. (A field's coefficients are read in another order,
// so the picture is rubble: its times are what is wanted.) ITU-T H.264, 7.3.2.1 and 7.3.3.

class BitReader {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  bit(): number {
    const bit = ((this.bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  /** ue(v). */
  exp(): number {
    let zeros = 0;
    while (this.bit() === 0) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** All bits left, the stop bit and what is behind it included. */
  rest(): number[] {
    const rest: number[] = [];
    while (this.#at < this.bytes.length * 8) rest.push(this.bit());
    return rest;
  }
}

class BitWriter {
  readonly #bits: number[] = [];

  bits(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) & 1);
  }

  exp(value: number): void {
    const length = Math.floor(Math.log2(value + 1));
    this.bits(0, length);
    this.bits(value + 1, length + 1);
  }

  /** Bits that end with a stop bit, and maybe zeros. */
  end(rest: readonly number[]): Uint8Array {
    const all = [...this.#bits, ...rest.slice(0, rest.lastIndexOf(1) + 1)];
    while (all.length % 8 > 0) all.push(0);
    return Uint8Array.from({ length: all.length / 8 }, (_, i) =>
      Number.parseInt(all.slice(i * 8, i * 8 + 8).join(''), 2),
    );
  }
}

/** 7.4.1: no two zeros before a byte of at most 3. */
function escaped(bytes: Uint8Array): number[] {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return out;
}

function unescaped(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && bytes[i - 1] === 0 && bytes[i - 2] === 0));
}

function* units(stream: Uint8Array): Generator<Uint8Array> {
  const starts: number[] = [];
  for (let i = 0; i + 3 <= stream.length; i++)
    if (stream[i] === 0 && stream[i + 1] === 0 && stream[i + 2] === 1) starts.push(i + 3);
  for (const [k, start] of starts.entries()) {
    let end = (starts[k + 1] ?? stream.length + 3) - 3;
    while (end > start && stream[end - 1] === 0) end--;
    yield stream.subarray(start, end);
  }
}

/** A baseline parameter set that says: fields, each of as many rows of macroblocks as the pictures had. */
function fieldParameters(payload: Uint8Array): Uint8Array {
  const from = new BitReader(payload);
  const to = new BitWriter();
  to.bits(77, 8); // Main profile: baseline has no fields.
  from.bits(8);
  from.bits(8);
  to.bits(0, 8); // constraint flags
  from.bits(8);
  to.bits(30, 8); // level 3
  const copy = (): number => {
    const value = from.exp();
    to.exp(value);
    return value;
  };
  copy(); // seq_parameter_set_id
  copy(); // log2_max_frame_num_minus4
  if (copy() !== 2) throw new Error('a picture order other than that of decoding');
  copy(); // max_num_ref_frames
  to.bits(from.bit(), 1);
  copy(); // pic_width_in_mbs_minus1
  copy(); // pic_height_in_map_units_minus1
  from.bit();
  to.bits(0b001, 3); // frame_mbs_only_flag, mb_adaptive_frame_field_flag, direct_8x8_inference_flag
  from.bit();
  if (from.bit() === 1) for (let i = 0; i < 4; i++) from.exp();
  to.bits(0b00, 2); // No cropping, no VUI.
  return to.end([1]);
}

/** Slice header of a key picture → of a field. The second field of a key picture is not one itself. */
function fieldSlice(payload: Uint8Array, isBottom: boolean, idr: number, frameNumBits: number): Uint8Array {
  const from = new BitReader(payload);
  const to = new BitWriter();
  for (let i = 0; i < 3; i++) to.exp(from.exp()); // first_mb_in_slice, slice_type, pic_parameter_set_id
  to.bits(from.bits(frameNumBits), frameNumBits);
  to.bits(1, 1); // field_pic_flag
  to.bits(isBottom ? 1 : 0, 1);
  from.exp();
  if (!isBottom) to.exp(idr);
  to.bits(0, isBottom ? 1 : 2); // dec_ref_pic_marking
  from.bits(2);
  return to.end(from.rest());
}

/** An H.264 stream of so many frames of 64x64, two fields each, in pictures of their own. */
export function fieldCoded(frames: number): Uint8Array {
  const stream = ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=64x32:rate=50:duration=${frames / 25}`, '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'libx264', '-profile:v', 'baseline', '-x264-params', 'keyint=1:threads=1', '-f', 'h264', 'pipe:1'],
  );
  const out: number[] = [];
  let pictures = 0;
  let frameNumBits = 4;
  const write = (header: number, payload: Uint8Array): void => void out.push(0, 0, 0, 1, header, ...escaped(payload));
  for (const unit of units(stream)) {
    const [header = 0] = unit;
    const payload = unescaped(unit.subarray(1));
    if ((header & 31) === 7) {
      const sets = new BitReader(payload);
      sets.bits(24);
      sets.exp();
      frameNumBits = sets.exp() + 4;
      if (pictures === 0) write(header, fieldParameters(payload));
    } else if ((header & 31) === 8 && pictures === 0) write(header, payload);
    else if ((header & 31) === 5) {
      const isBottom = pictures % 2 === 1;
      const slice = fieldSlice(payload, isBottom, (pictures >> 1) & 1, frameNumBits);
      write(isBottom ? (header & ~31) | 1 : header, slice);
      pictures++;
    }
  }
  return Uint8Array.from(out);
}
