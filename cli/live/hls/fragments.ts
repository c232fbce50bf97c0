// The boxes of fragmented MP4 (ISO/IEC 14496-12) that a playlist needs to know.

/** What stands before all fragments: `ftyp` and `moov`. */
export interface InitSegment {
  readonly kind: 'init';
  readonly bytes: Buffer;
}

/** `moof` and `mdat`. */
export interface Fragment {
  readonly kind: 'fragment';
  readonly bytes: Buffer;
  /** Of its video. */
  readonly durationSeconds: number;
  /** Its video begins with a key frame. */
  readonly independent: boolean;
}

interface Box {
  readonly type: string;
  /** Of the content. */
  readonly start: number;
  readonly end: number;
}

function* boxes(bytes: Buffer, start: number, end: number): Generator<Box> {
  for (let at = start; at + 8 <= end; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > end) throw new RangeError(`MP4: a box of ${size} bytes`);
    yield { type: bytes.toString('latin1', at + 4, at + 8), start: at + 8, end: at + size };
    at += size;
  }
}

function find(bytes: Buffer, within: Box, ...path: readonly string[]): Box | undefined {
  let found: Box | undefined = within;
  for (const type of path) found = found && [...boxes(bytes, found.start, found.end)].find((box) => box.type === type);
  return found;
}

const whole = (bytes: Buffer): Box => ({ type: '', start: 0, end: bytes.length });

/** Cuts a stream of bytes into its init segment and its fragments. */
export class FragmentReader {
  /** Put together once a box is there as a whole. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Of the box that has begun. */
  #wantedBytes = 8;
  #head: Buffer[] = [];
  #moof: Buffer | undefined;
  #video: { readonly trackId: number; readonly timescale: number } | undefined;

  /** @throws RangeError for what is no fragmented MP4. */
  push(bytes: Buffer): (InitSegment | Fragment)[] {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    const done: (InitSegment | Fragment)[] = [];
    while (this.#pendingBytes >= this.#wantedBytes) {
      const all = this.#pending.length === 1 && this.#pending[0] ? this.#pending[0] : Buffer.concat(this.#pending);
      this.#pending = [all];
      const size = all.readUInt32BE(0);
      if (size < 8) throw new RangeError(`MP4: a box of ${size} bytes`);
      this.#wantedBytes = size;
      if (all.length < size) break;
      const piece = this.#take(all.toString('latin1', 4, 8), all.subarray(0, size));
      if (piece) done.push(piece);
      this.#pending = [all.subarray(size)];
      this.#pendingBytes = all.length - size;
      this.#wantedBytes = 8;
    }
    return done;
  }

  #take(type: string, box: Buffer): InitSegment | Fragment | undefined {
    if (type === 'ftyp' || type === 'moov') this.#head.push(box);
    if (type === 'moov') {
      this.#video = videoTrack(box);
      return { kind: 'init', bytes: Buffer.concat(this.#head) };
    }
    if (type === 'moof') this.#moof = box;
    if (type !== 'mdat' || !this.#moof || !this.#video) return undefined;
    const { durationSeconds, independent } = describe(this.#moof, this.#video);
    return { kind: 'fragment', bytes: Buffer.concat([this.#moof, box]), durationSeconds, independent };
  }
}

function videoTrack(moov: Buffer): { trackId: number; timescale: number } {
  const top = find(moov, whole(moov), 'moov');
  for (const track of top ? boxes(moov, top.start, top.end) : []) {
    if (track.type !== 'trak') continue;
    const handler = find(moov, track, 'mdia', 'hdlr');
    if (!handler || moov.toString('latin1', handler.start + 8, handler.start + 12) !== 'vide') continue;
    const [header, media] = [find(moov, track, 'tkhd'), find(moov, track, 'mdia', 'mdhd')];
    if (!header || !media) continue;
    // Version 1 has its times in 64 bits.
    const trackId = moov.readUInt32BE(header.start + (moov[header.start] === 1 ? 20 : 12));
    return { trackId, timescale: moov.readUInt32BE(media.start + (moov[media.start] === 1 ? 20 : 12)) };
  }
  throw new RangeError('MP4: no video track');
}

const flag = {
  headerDataOffset: 0x1,
  headerDescription: 0x2,
  headerDuration: 0x8,
  headerSize: 0x10,
  headerFlags: 0x20,
  runDataOffset: 0x1,
  runFirstFlags: 0x4,
  runDuration: 0x100,
  runSize: 0x200,
  runFlags: 0x400,
  runComposition: 0x800,
  /** Of a sample: not a key frame. */
  nonSync: 0x10000,
} as const;

/** Sums up the runs of the video's samples (§8.8.7, §8.8.8). */
function describe(
  moof: Buffer,
  video: { readonly trackId: number; readonly timescale: number },
): { durationSeconds: number; independent: boolean } {
  const top = find(moof, whole(moof), 'moof');
  let duration = 0;
  let firstFlags: number | undefined;
  for (const track of top ? boxes(moof, top.start, top.end) : []) {
    const header = track.type === 'traf' ? find(moof, track, 'tfhd') : undefined;
    if (!header || moof.readUInt32BE(header.start + 4) !== video.trackId) continue;
    const fields = fieldsOf(moof, header.start, 8);
    const usual = { duration: 0, flags: 0 };
    if (fields.flags & flag.headerDataOffset) fields.skip(8);
    if (fields.flags & flag.headerDescription) fields.skip(4);
    if (fields.flags & flag.headerDuration) usual.duration = fields.next();
    if (fields.flags & flag.headerSize) fields.skip(4);
    if (fields.flags & flag.headerFlags) usual.flags = fields.next();
    for (const run of boxes(moof, track.start, track.end)) {
      if (run.type !== 'trun') continue;
      const samples = fieldsOf(moof, run.start, 8);
      const count = moof.readUInt32BE(run.start + 4);
      if (samples.flags & flag.runDataOffset) samples.skip(4);
      const first = samples.flags & flag.runFirstFlags ? samples.next() : undefined;
      for (let i = 0; i < count; i++) {
        duration += samples.flags & flag.runDuration ? samples.next() : usual.duration;
        if (samples.flags & flag.runSize) samples.skip(4);
        const own = samples.flags & flag.runFlags ? samples.next() : usual.flags;
        if (samples.flags & flag.runComposition) samples.skip(4);
        firstFlags ??= first ?? own;
      }
    }
  }
  const independent = firstFlags !== undefined && (firstFlags & flag.nonSync) === 0;
  return { durationSeconds: duration / video.timescale, independent };
}

/** Optional 32-bit fields of a full box, behind `fixedBytes` of version, flags and what is always there. */
function fieldsOf(bytes: Buffer, start: number, fixedBytes: number) {
  let at = start + fixedBytes;
  return {
    flags: bytes.readUInt32BE(start) & 0xffffff,
    next(): number {
      at += 4;
      return bytes.readUInt32BE(at - 4);
    },
    skip(count: number): void {
      at += count;
    },
  };
}
