import { createCipheriv } from 'node:crypto';

/** What decrypts a clip, as Clear Key takes it (W3C Encrypted Media Extensions §9.1). */
export interface ContentKey {
  readonly id: Buffer;
  /** 16 bytes: AES-128. */
  readonly key: Buffer;
}

/** One encoded frame. */
interface Packet {
  readonly data: Buffer;
  readonly timeMs: number;
}

const ivfHeaderBytes = 32;
const ivfFrameHeaderBytes = 12;

/** The frames of an IVF file, whose time base is 1 / frame rate. */
function readIvf(file: Buffer): { width: number; height: number; packets: Packet[] } {
  const [rate, scale] = [file.readUInt32LE(16), file.readUInt32LE(20)];
  const packets: Packet[] = [];
  for (let at = ivfHeaderBytes; at < file.length; ) {
    const bytes = file.readUInt32LE(at);
    const timeMs = Math.round((Number(file.readBigUInt64LE(at + 4)) * 1000 * scale) / rate);
    at += ivfFrameHeaderBytes;
    packets.push({ data: file.subarray(at, at + bytes), timeMs });
    at += bytes;
  }
  return { width: file.readUInt16LE(12), height: file.readUInt16LE(14), packets };
}

/** An EBML element (RFC 8794) of a known size, written in eight bytes. */
function element(id: number, ...contents: readonly (Buffer | number | string)[]): Buffer {
  const body = Buffer.concat(
    contents.map((content) => {
      if (typeof content === 'string') return Buffer.from(content);
      if (typeof content !== 'number') return content;
      const number = Buffer.alloc(4);
      number.writeUInt32BE(content);
      return number;
    }),
  );
  const hex = id.toString(16);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.length));
  return Buffer.concat([Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'), size, body]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** Signal byte, initialization vector and the frame in AES-CTR (WebM Encryption §4.5 to 4.7). */
function encrypt(data: Buffer, number: number, { key }: ContentKey): Buffer {
  const iv = Buffer.alloc(8);
  iv.writeBigUInt64BE(BigInt(number + 1));
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.concat([iv, Buffer.alloc(8)]));
  return Buffer.concat([Buffer.from([1]), iv, cipher.update(data), cipher.final()]);
}

/** A WebM file (RFC 9559) of the VP8 frames of an IVF file, each encrypted. Only the first is a key frame. */
export function encryptedWebm(ivf: Buffer, key: ContentKey): Buffer {
  const { width, height, packets } = readIvf(ivf);
  const encryption = element(
    0x6d80, // ContentEncodings
    element(
      0x6240, // ContentEncoding: all of a frame, encrypted
      element(0x5031, 0),
      element(0x5032, 1),
      element(0x5033, 1),
      // ContentEncryption: AES in counter mode
      element(0x5035, element(0x47e1, 5), element(0x47e2, key.id), element(0x47e7, element(0x47e8, 1))),
    ),
  );
  const track = element(
    0xae, // TrackEntry: number, identifier, video
    element(0xd7, 1),
    element(0x73c5, 1),
    element(0x83, 1),
    element(0x86, 'V_VP8'),
    element(0xe0, element(0xb0, width), element(0xba, height)),
    encryption,
  );
  const blocks = packets.map(({ data, timeMs }, i) => {
    const header = Buffer.from([0x81, 0, 0, i === 0 ? 0x80 : 0]);
    header.writeInt16BE(timeMs, 1);
    return element(0xa3, header, encrypt(data, i, key)); // SimpleBlock
  });
  const durationMs = (packets.at(-1)?.timeMs ?? 0) * (packets.length / Math.max(1, packets.length - 1));
  return Buffer.concat([
    element(0x1a45dfa3, element(0x4282, 'webm'), element(0x4287, 2), element(0x4285, 2)),
    element(
      0x18538067, // Segment: Info (milliseconds), Tracks, one Cluster
      element(0x1549a966, element(0x2ad7b1, 1_000_000), element(0x4489, float(durationMs))),
      element(0x1654ae6b, track),
      element(0x1f43b675, element(0xe7, 0), ...blocks),
    ),
  ]);
}
