import type { LiveStream } from '../live-stream.js';
import type { Packager } from '../packager.js';
import { Timeline } from '../timeline.js';
import { type H264Frame, H264Frames, pps, sps, unitOf } from './h264-frames.js';
import { matroskaAudio, matroskaHeader, matroskaVideo } from './matroska.js';
import { PacketOrder } from './packet-order.js';
import { SenderClock } from './sender-clock.js';

/** Sound may begin a little after the picture; what has none by then has none, until it comes. */
const soundAfterMs = 700;
/** Sound that was there and does not come any more is gone. */
const soundGoneMs = 2500;
/** A stretch is so long at least: each takes a process. */
const shortestStretchMs = 1000;
/** Segments of HLS begin at key frames, and a browser makes none by itself. */
const keyFrameEveryMs = 2000;
/** ffmpeg is that far behind: frames are left out, up to the next key frame. */
const mostWaitingBytes = 8 * 1024 * 1024;
/** Who publishes and sends no picture for so long is let go. */
const pictureWithinMs = 15_000;
/** ffmpeg may end unasked so often in a row. */
const mostFailures = 3;
const goodStretchMs = 10_000;

/** A packet of RTP, as far as it matters here. */
export interface MediaPacket {
  readonly sequence: number;
  readonly timestamp: number;
  /** Of video: the last one of its picture. */
  readonly marker: boolean;
  readonly payload: Buffer;
}

/** What one packager has been told of. */
interface Stretch {
  readonly packager: Packager;
  /** The parameter sets. */
  readonly sets: Buffer;
  readonly sound: boolean;
  readonly timeline: Timeline;
  readonly startedMs: number;
}

export interface WhipIngestEvents {
  readonly requestKeyFrame: () => void;
  /** It has ended: how, in words. */
  readonly onEnd: (how: string) => void;
  readonly tell: (words: string) => void;
}

/**
 * Gives what a WHIP publisher sends to a stream: HLS by ffmpeg, in Matroska. WebRTC's viewers get the packets as they are, elsewhere. Whatever
 * changes (the parameter sets, the sound, the time) begins another stretch at the next key frame, which is asked for.
 */
export class WhipIngest {
  readonly #stream: LiveStream;
  readonly #audio: boolean;
  readonly #events: WhipIngestEvents;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #late: ReturnType<typeof setTimeout>;
  readonly #frames = new H264Frames();
  #clock = new SenderClock();
  #orders = { video: new PacketOrder<MediaPacket>(), audio: new PacketOrder<MediaPacket>() };
  #sets: { readonly sps: Buffer; readonly pps: Buffer } | undefined;
  #stretch: Stretch | undefined;
  #firstMs: number | undefined;
  #heardMs: number | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #skips = false;
  #failures = 0;
  #gone: string | undefined;
  #ended = false;

  /** @param audio the publisher has announced sound */
  constructor(stream: LiveStream, audio: boolean, events: WhipIngestEvents) {
    this.#stream = stream;
    this.#audio = audio;
    this.#events = events;
    this.#timer = setInterval(events.requestKeyFrame, keyFrameEveryMs);
    this.#late = setTimeout(() => this.end(`no picture came within ${pictureWithinMs / 1000} s`), pictureWithinMs);
  }

  /** Another sender of the same kind: its numbers and times begin anew. */
  renew(kind: 'video' | 'audio'): void {
    this.#orders = { ...this.#orders, [kind]: new PacketOrder<MediaPacket>() };
    if (kind === 'video') this.#lose();
  }

  #lose(): void {
    this.#frames.lost();
    this.#events.requestKeyFrame();
  }

  /** @param nowMs of a clock that never goes back */
  packet(kind: 'video' | 'audio', packet: MediaPacket, nowMs: number): void {
    if (this.#ended || this.#gone !== undefined) return;
    const { packets, lost } = this.#orders[kind].push(packet.sequence, packet, nowMs);
    if (kind === 'audio') {
      this.#heardMs = nowMs;
      for (const { payload, timestamp } of packets) this.#sound(payload, this.#clock.timeMs('audio', timestamp, nowMs));
      return;
    }
    if (lost) this.#lose();
    for (const { payload, timestamp, marker } of packets) {
      const frame = this.#frames.push(payload, timestamp, marker);
      if (frame) this.#picture(frame, nowMs);
    }
  }

  /** @param senderMs the sender's time of a timestamp */
  report(kind: 'video' | 'audio', timestamp: number, senderMs: number): void {
    this.#clock.report(kind, timestamp, senderMs);
  }

  #picture(frame: H264Frame, nowMs: number): void {
    this.#firstMs ??= nowMs;
    if (frame.key) this.#onKeyFrame(frame, nowMs);
    const stretch = this.#stretch;
    if (this.#skips || !stretch || !this.#fits(stretch)) return;
    const hadJumped = stretch.timeline.jumped;
    const timeMs = stretch.timeline.video(this.#clock.timeMs('video', frame.timestamp, nowMs));
    if (stretch.timeline.jumped && !hadJumped) this.#events.requestKeyFrame();
    this.#write(matroskaVideo(frame.units, timeMs, frame.key));
  }

  #sound(packet: Buffer, senderMs: number): void {
    const stretch = this.#stretch;
    if (this.#skips || !stretch?.sound || packet.length === 0) return;
    const timeMs = stretch.timeline.audio(senderMs);
    if (timeMs !== undefined) this.#write(matroskaAudio(packet, timeMs));
  }

  #fits({ sets }: Stretch): boolean {
    return this.#sets !== undefined && sets.equals(Buffer.concat([this.#sets.sps, this.#sets.pps]));
  }

  /** A key frame is where reading can begin: where something has changed, another stretch does. */
  #onKeyFrame(frame: H264Frame, nowMs: number): void {
    this.#skips = false;
    const [sequenceSet, pictureSet] = [unitOf(frame, sps), unitOf(frame, pps)];
    if (sequenceSet && pictureSet) this.#sets = { sps: sequenceSet, pps: pictureSet };
    const stretch = this.#stretch;
    const sound = this.#audio && this.#heardMs !== undefined && nowMs - this.#heardMs < soundGoneMs;
    if (!this.#sets) return;
    if (stretch && this.#fits(stretch) && !stretch.timeline.jumped && stretch.sound === sound) return;
    const waitMs = stretch
      ? stretch.startedMs + shortestStretchMs - nowMs
      : this.#audio && !sound
        ? (this.#firstMs ?? nowMs) + soundAfterMs - nowMs
        : 0;
    if (waitMs > 0) {
      clearTimeout(this.#later);
      this.#later = setTimeout(this.#events.requestKeyFrame, waitMs);
      return;
    }
    this.#start(this.#sets, sound, nowMs);
  }

  #start(sets: { readonly sps: Buffer; readonly pps: Buffer }, sound: boolean, nowMs: number): void {
    clearTimeout(this.#late);
    // Sound and picture are put together anew where one of them has jumped.
    if (this.#stretch?.timeline.jumped) this.#clock = new SenderClock();
    const packager = this.#stream.start(
      'matroska',
      { video: 'h264', audio: sound ? 'opus' : undefined },
      {
        onEnd: (words) => this.#onPackagerEnd(words, nowMs),
        tell: this.#events.tell,
        onPictureWanted: this.#events.requestKeyFrame,
      },
      true,
    );
    const known = Buffer.concat([sets.sps, sets.pps]);
    this.#stretch = { packager, sets: known, sound, timeline: new Timeline(), startedMs: nowMs };
    this.#write(matroskaHeader({ video: sets, audio: sound }));
  }

  #write(bytes: Buffer): void {
    const packager = this.#stretch?.packager;
    packager?.write(bytes);
    if (packager && packager.waitingBytes > mostWaitingBytes) this.#skips = true;
  }

  /** Without being replaced. */
  #onPackagerEnd(words: string, startedMs: number): void {
    this.#stretch = undefined;
    if (this.#gone !== undefined) {
      this.#finish(this.#gone);
      return;
    }
    if (performance.now() - startedMs > goodStretchMs) this.#failures = 0;
    const said = words || 'it said nothing';
    if (++this.#failures >= mostFailures) {
      this.#finish(`ffmpeg cannot read it: ${said}`);
      return;
    }
    this.#events.tell(`ffmpeg ended (${said}); it begins anew with the next key frame`);
    this.#events.requestKeyFrame();
  }

  /** The publisher has gone; `how` is for the log. Idempotent. */
  end(how: string): void {
    if (this.#gone !== undefined || this.#ended) return;
    this.#gone = how;
    this.#stop();
    if (this.#stretch) this.#stretch.packager.end();
    else this.#finish(how);
  }

  #stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#later);
    clearTimeout(this.#late);
  }

  #finish(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    this.#events.onEnd(how);
  }
}
