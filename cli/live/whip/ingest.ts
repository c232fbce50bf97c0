import type { ChildProcess } from 'node:child_process';
import type { SourceCodecs } from '../ffmpeg.js';
import type { LiveStream } from '../live-stream.js';
import { type H264Frame, H264Frames, pps, sps, unitOf } from './h264-frames.js';
import { matroskaAudio, matroskaHeader, matroskaVideo } from './matroska.js';
import { PacketOrder } from './packet-order.js';
import { SenderClock } from './sender-clock.js';

/** Sound may begin a little after the picture; what has none by then has none. */
const soundAfterMs = 700;
/** Segments of HLS begin at key frames, and a browser makes none by itself. */
const keyFrameEveryMs = 2000;
/** ffmpeg is that far behind: frames are left out, up to the next key frame. */
const mostWaitingBytes = 8 * 1024 * 1024;

/** A packet of RTP, as far as it matters here. */
export interface MediaPacket {
  readonly sequence: number;
  readonly timestamp: number;
  /** Of video: the last one of its picture. */
  readonly marker: boolean;
  readonly payload: Buffer;
}

/** Gives what a WHIP publisher sends to a stream: HLS by ffmpeg, in Matroska. WebRTC's viewers get the packets as they are, elsewhere. */
export class WhipIngest {
  readonly #stream: LiveStream;
  readonly #codecs: SourceCodecs;
  readonly #requestKeyFrame: () => void;
  readonly #onEnd: (problem: string) => void;
  readonly #clock = new SenderClock();
  readonly #frames = new H264Frames();
  readonly #orders = { video: new PacketOrder<MediaPacket>(), audio: new PacketOrder<MediaPacket>() };
  readonly #timer: ReturnType<typeof setInterval>;
  #process: ChildProcess | undefined;
  /** The sequence parameter set that its pictures begin with: another one is another size. */
  #sps: Buffer | undefined;
  #firstMs: number | undefined;
  #heard = false;
  /** ffmpeg was told of sound. */
  #sounds = false;
  #later: ReturnType<typeof setTimeout> | undefined;
  #skips = false;
  #ended = false;

  /**
   * @param audio the publisher has announced sound
   * @param onEnd why it ended, empty where the publisher just went
   */
  constructor(stream: LiveStream, audio: boolean, requestKeyFrame: () => void, onEnd: (problem: string) => void) {
    this.#stream = stream;
    this.#codecs = { video: 'h264', audio: audio ? 'opus' : undefined };
    this.#requestKeyFrame = requestKeyFrame;
    this.#onEnd = onEnd;
    this.#timer = setInterval(requestKeyFrame, keyFrameEveryMs);
  }

  /** @param nowMs of a clock that never goes back */
  packet(kind: 'video' | 'audio', packet: MediaPacket, nowMs: number): void {
    if (this.#ended) return;
    const { packets, lost } = this.#orders[kind].push(packet.sequence, packet, nowMs);
    if (kind === 'audio') {
      this.#heard = true;
      for (const { payload, timestamp } of packets) this.#sound(payload, this.#clock.timeMs('audio', timestamp, nowMs));
      return;
    }
    if (lost) {
      this.#frames.lost();
      this.#requestKeyFrame();
    }
    for (const { payload, timestamp, marker } of packets) {
      const frame = this.#frames.push(payload, timestamp, marker);
      if (frame) this.#picture(frame, this.#clock.timeMs('video', timestamp, nowMs), nowMs);
    }
  }

  /** @param senderMs the sender's time of a timestamp */
  report(kind: 'video' | 'audio', timestamp: number, senderMs: number): void {
    this.#clock.report(kind, timestamp, senderMs);
  }

  #picture(frame: H264Frame, timeMs: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    if (frame.key) this.#begin(frame, nowMs);
    if (this.#skips || !this.#process) return;
    this.#write(matroskaVideo(frame.units, timeMs, frame.key));
  }

  #sound(packet: Buffer, timeMs: number): void {
    if (this.#sounds && packet.length > 0) this.#write(matroskaAudio(packet, timeMs));
  }

  /** A key frame is where reading can begin, also after a change of size. */
  #begin(frame: H264Frame, nowMs: number): void {
    this.#skips = false;
    const [set, pictureSet] = [unitOf(frame, sps), unitOf(frame, pps)];
    if (!set || !pictureSet || this.#sps?.equals(set)) return;
    const waitedMs = nowMs - (this.#firstMs ?? nowMs);
    if (this.#codecs.audio && !this.#heard && waitedMs < soundAfterMs) {
      this.#later ??= setTimeout(this.#requestKeyFrame, soundAfterMs);
      return;
    }
    const codecs = { ...this.#codecs, audio: this.#heard ? this.#codecs.audio : undefined };
    this.#sps = set;
    const onEnd = (words: string) => {
      // One that another has replaced is no news.
      if (this.#process === process) this.#finish(words);
    };
    const process = this.#stream.start({ pipe: 'matroska' }, codecs, onEnd, true);
    this.#process = process;
    this.#sounds = codecs.audio !== undefined;
    this.#write(matroskaHeader({ video: { sps: set, pps: pictureSet }, audio: this.#sounds }));
  }

  #write(bytes: Buffer): void {
    const input = this.#process?.stdin;
    if (!input?.writable) return;
    input.write(bytes);
    if (input.writableLength > mostWaitingBytes) this.#skips = true;
  }

  /** The publisher has gone. Idempotent. */
  end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#later);
    if (this.#process) this.#process.stdin?.end();
    else this.#finish('');
  }

  #finish(problem: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#later);
    this.#onEnd(problem);
  }
}
