import type { ChildProcess } from 'node:child_process';
import type { SourceCodecs } from '../ffmpeg.js';
import type { LiveStream } from '../live-stream.js';
import type { TagSink } from './server.js';

/** Sound may begin a little after the picture; what has none by then has none. */
const soundAfterMs = 700;
/** Kept until it is clear what is in the stream. */
const mostHeldBytes = 8 * 1024 * 1024;

const videoCodecs = new Map([
  [2, 'flv1'],
  [7, 'h264'],
]);
const audioCodecs = new Map([
  [2, 'mp3'],
  [7, 'pcm_alaw'],
  [8, 'pcm_mulaw'],
  [10, 'aac'],
  [11, 'speex'],
]);

/** Gives what an RTMP publisher sends to ffmpeg, as FLV, once it is clear which codecs it has. */
export class RtmpIngest implements TagSink {
  onRoom: (() => void) | undefined;
  readonly #stream: LiveStream;
  readonly #onEnd: (problem: string) => void;
  #process: ChildProcess | undefined;
  #held: Buffer[] = [flvHeader];
  #heldBytes = 0;
  #video: string | undefined;
  #audio: string | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  /** `onEnd`: why it ended, empty where the publisher just went. */
  constructor(stream: LiveStream, onEnd: (problem: string) => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  tag(type: 8 | 9 | 18, timestampMs: number, body: Buffer): boolean {
    if (this.#ended) return true;
    this.#look(type, body[0] ?? 0);
    return this.#write(flvTag(type, timestampMs, body));
  }

  #look(type: 8 | 9 | 18, first: number): void {
    if (type === 9 && this.#video === undefined) {
      // Enhanced RTMP (HEVC, AV1, VP9) has its first bit set.
      const codec = first & 0x80 ? undefined : videoCodecs.get(first & 0xf);
      if (!codec) {
        this.#finish('its video is no H.264: set the encoder to H.264 (AVC)');
        return;
      }
      this.#video = codec;
      this.#wait = setTimeout(() => this.#start(), soundAfterMs);
    }
    if (type === 8 && this.#audio === undefined) this.#audio = audioCodecs.get(first >> 4);
    if (this.#video && this.#audio && !this.#process) this.#start();
  }

  #start(): void {
    clearTimeout(this.#wait);
    if (this.#process || this.#ended || !this.#video) return;
    const codecs: SourceCodecs = { video: this.#video, audio: this.#audio };
    this.#process = this.#stream.start({ pipe: 'flv' }, codecs, (words) => this.#finish(words));
    this.#process.stdin?.on('drain', () => this.onRoom?.());
    for (const bytes of this.#held.splice(0)) this.#process.stdin?.write(bytes);
  }

  #write(bytes: Buffer): boolean {
    const input = this.#process?.stdin;
    if (input?.writable) return input.write(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > mostHeldBytes) this.#finish('too much before its first video');
    else this.#held.push(bytes);
    return true;
  }

  /** The publisher has gone. */
  end(): void {
    clearTimeout(this.#wait);
    if (this.#process) this.#process.stdin?.end();
    else this.#finish('');
  }

  #finish(problem: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#wait);
    this.#held = [];
    this.#onEnd(problem);
  }
}

// FLV, Adobe's Video File Format Specification 10.1, annex E.
const flvHeader = Buffer.from([0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]);

function flvTag(type: number, timestampMs: number, body: Buffer): Buffer {
  const header = Buffer.alloc(11);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUIntBE(timestampMs & 0xffffff, 4, 3);
  header.writeUInt8(timestampMs >>> 24, 7);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(header.length + body.length);
  return Buffer.concat([header, body, size]);
}
