import type { FfmpegInput, SourceCodecs } from './ffmpeg.js';
import { HlsOrigin } from './hls/origin.js';
import { Packager } from './packager.js';
import { RtpPort } from './rtp-port.js';
import type { Viewers, WebRtc } from './webrtc/load.js';

/** Parts of HLS are at least so long: each waits for its last frame. */
const fragmentSeconds = 0.2;
/** Leaves room for SRTP, UDP and IP in an Ethernet frame. */
const packetBytes = 1200;
/** ffmpeg's Opus and H.264, and what WHIP brings. */
const clocksHz = { video: 90_000, audio: 48_000 };

/** What a source wants to hear of its stream. */
export interface SourceEvents {
  /** The packager has ended without being replaced; `words` are ffmpeg's. */
  readonly onEnd: (words: string) => void;
  /** Something that who publishes should know. */
  readonly tell: (words: string) => void;
  /** A viewer needs a key frame: for a source that makes some on request. */
  readonly onPictureWanted?: (() => void) | undefined;
}

export interface LiveStreamOptions {
  /** Undefined: there is none. */
  readonly webRtc: WebRtc | undefined;
  readonly addresses: readonly string[] | undefined;
  readonly log: (line: string) => void;
}

/** One name that can be watched: HLS and WHEP, fed by one source at a time. */
export class LiveStream {
  readonly name: string;
  readonly hls: HlsOrigin;
  /** Undefined: nobody can watch by WebRTC here. */
  readonly viewers: Viewers | undefined;
  readonly #ports: { readonly video: RtpPort; readonly audio: RtpPort };
  readonly #log: (line: string) => void;
  #packager: Packager | undefined;
  #events: SourceEvents | undefined;
  #codecs: SourceCodecs | undefined;
  #problem: string | undefined;
  #idleSinceMs = performance.now();
  #onLive = new Set<() => void>();
  #closed = false;

  private constructor(name: string, options: LiveStreamOptions, ports: { video: RtpPort; audio: RtpPort }) {
    this.name = name;
    this.#ports = ports;
    this.#log = options.log;
    this.hls = new HlsOrigin((words) => this.#note(words));
    this.viewers = options.webRtc?.openViewers(options.addresses, {
      onPictureWanted: () => this.#events?.onPictureWanted?.(),
      log: options.log,
    });
  }

  static async open(name: string, options: LiveStreamOptions): Promise<LiveStream> {
    const video = await RtpPort.open(clocksHz.video);
    const audio = await RtpPort.open(clocksHz.audio);
    return new LiveStream(name, options, { video, audio });
  }

  /** Undefined while there is no source. */
  get codecs(): SourceCodecs | undefined {
    return this.#codecs;
  }

  get live(): boolean {
    return this.#codecs !== undefined;
  }

  /** Why some viewers may see nothing, although it is live. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** When its last source went, of `performance.now()`; undefined while there is one. */
  get idleSinceMs(): number | undefined {
    return this.#packager ? undefined : this.#idleSinceMs;
  }

  /** A packet of a source that brings its own, which is `started` without them. */
  giveRtp(kind: 'video' | 'audio', packet: Buffer): void {
    this.#ports[kind].give(packet);
  }

  /**
   * Starts taking a source's media. A former packager is replaced: it gives what it still holds, then this one's pieces come behind a
   * discontinuity. Viewers stay.
   *
   * @param ownRtp the source brings its RTP itself, by `giveRtp`
   */
  start(input: FfmpegInput, codecs: SourceCodecs, events: SourceEvents, ownRtp = false): Packager {
    const { video, audio } = this.#ports;
    const rtp = ownRtp || !this.viewers ? undefined : { videoPort: video.port, audioPort: audio.port };
    const packager: Packager = new Packager(input, codecs, { rtp, fragmentSeconds, packetBytes }, this.#packager, {
      onPiece: (piece) => {
        if (this.#closed) return;
        this.hls.take(piece);
        if (piece.kind === 'fragment') this.#goLive(codecs);
      },
      onEnd: (words) => {
        // One that was replaced is no end.
        if (this.#packager !== undefined && this.#packager !== packager) return;
        if (this.#packager) this.#interrupt();
        events.onEnd(words);
      },
    });
    this.#packager = packager;
    this.#events = events;
    return packager;
  }

  #note(words: string | undefined): void {
    if (this.#problem === undefined && words === undefined) return;
    this.#problem = words;
    this.#log(`${this.name}: ${words ?? 'key frames come again'}`);
    if (words !== undefined) this.#events?.tell(words);
  }

  #goLive(codecs: SourceCodecs): void {
    this.#codecs = codecs;
    for (const tell of this.#onLive) tell();
    this.#onLive.clear();
  }

  #interrupt(): void {
    this.#packager = undefined;
    this.#codecs = undefined;
    this.#events = undefined;
    this.#problem = undefined;
    this.#idleSinceMs = performance.now();
    this.hls.interrupt();
    // Those who watch by WebRTC see the end, and come back when there is something to see.
    this.viewers?.close('the source has gone');
    for (const port of Object.values(this.#ports)) port.reset();
  }

  /** Resolves when there is a source, or after so long. */
  async waitUntilLive(mostMs: number): Promise<boolean> {
    if (!this.live && !this.#closed)
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#onLive.delete(done);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, mostMs);
        this.#onLive.add(done);
      });
    return this.live;
  }

  /** @throws Fault `source-unsupported`, `werift-missing`. */
  async watch(viewers: Viewers, offer: string, from: string): Promise<{ id: string; answerSdp: string }> {
    return viewers.add(offer, this.#ports, { name: this.name, from });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#packager?.kill();
    this.#interrupt();
    for (const tell of this.#onLive) tell();
    this.#ports.video.close();
    this.#ports.audio.close();
  }
}
