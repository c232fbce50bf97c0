// FLV, Adobe's Video File Format Specification 10.1, annex E.

/** A piece of sound (8) or picture (9), as RTMP has it too. */
export interface FlvTag {
  readonly type: 8 | 9;
  readonly timestampMs: number;
  readonly body: Buffer;
}

const tagHeaderBytes = 11;
const trailerBytes = 4;
/** Of the file, and the size of the tag before the first. */
const headerBytes = 13;
const hasAudio = 4;
const hasVideo = 1;

/** @param audio there will be sound: ffmpeg does not look for what is not announced */
export function flvHeader(audio: boolean): Buffer {
  return Buffer.from([0x46, 0x4c, 0x56, 1, audio ? hasAudio | hasVideo : hasVideo, 0, 0, 0, 9, 0, 0, 0, 0]);
}

export function flvTag({ type, timestampMs, body }: FlvTag): Buffer {
  const header = Buffer.alloc(tagHeaderBytes);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUIntBE(timestampMs & 0xffffff, 4, 3);
  header.writeUInt8((timestampMs >>> 24) & 0xff, 7);
  const size = Buffer.alloc(trailerBytes);
  size.writeUInt32BE(header.length + body.length);
  return Buffer.concat([header, body, size]);
}

/** Reads FLV while it is written: of ffmpeg, by a pipe. */
export class FlvReader {
  #pending: Buffer = Buffer.alloc(0);
  #begun = false;

  /** @throws RangeError for what is no FLV. */
  push(bytes: Buffer): FlvTag[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const tags: FlvTag[] = [];
    let at = 0;
    if (!this.#begun) {
      if (this.#pending.length < headerBytes) return tags;
      if (this.#pending.toString('latin1', 0, 3) !== 'FLV') throw new RangeError('FLV: no header');
      this.#begun = true;
      at = headerBytes;
    }
    while (this.#pending.length >= at + tagHeaderBytes) {
      const length = this.#pending.readUIntBE(at + 1, 3);
      const end = at + tagHeaderBytes + length;
      if (this.#pending.length < end + trailerBytes) break;
      const type = this.#pending[at];
      const timestampMs = this.#pending.readUIntBE(at + 4, 3) + this.#pending.readUInt8(at + 7) * 0x1000000;
      const body = this.#pending.subarray(at + tagHeaderBytes, end);
      if (type === 8 || type === 9) tags.push({ type, timestampMs, body });
      at = end + trailerBytes;
    }
    this.#pending = this.#pending.subarray(at);
    return tags;
  }
}
