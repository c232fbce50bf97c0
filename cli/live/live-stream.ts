import type { ChildProcess } from 'node:child_process';
import { type FfmpegInput, lastWords, type SourceCodecs, startFfmpeg } from './ffmpeg.js';
import { FragmentReader } from './hls/fragments.js';
import { HlsOrigin } from './hls/origin.js';
import { RtpPort } from './rtp-port.js';
import type { WebRtcOptions } from './webrtc/peer.js';
import { WhepViewers } from './webrtc/whep-viewers.js';

/** Parts of HLS are at least so long: each waits for its last frame. */
const fragmentSeconds = 0.2;
/** Leaves room for SRTP, UDP and IP in an Ethernet frame. */
const packetBytes = 1200;

/** One name that can be watched: HLS and WHEP, fed by one source at a time. */
export class LiveStream {
  readonly name: string;
  readonly hls = new HlsOrigin();
  readonly viewers: WhepViewers;
  /** A viewer needs a key frame: for a source that makes some on request. */
  onPictureWanted: (() => void) | undefined;
  readonly #ports: { readonly video: RtpPort; readonly audio: RtpPort };
  #process: ChildProcess | undefined;
  #codecs: SourceCodecs | undefined;
  #onLive = new Set<() => void>();
  #closed = false;

  private constructor(name: string, webRtc: WebRtcOptions, ports: { video: RtpPort; audio: RtpPort }) {
    this.name = name;
    this.viewers = new WhepViewers(webRtc, () => this.onPictureWanted?.());
    this.#ports = ports;
  }

  static async open(name: string, webRtc: WebRtcOptions): Promise<LiveStream> {
    return new LiveStream(name, webRtc, { video: await RtpPort.open(), audio: await RtpPort.open() });
  }

  /** Undefined while there is no source. */
  get codecs(): SourceCodecs | undefined {
    return this.#codecs;
  }

  get live(): boolean {
    return this.#codecs !== undefined;
  }

  /** A packet of a source that brings its own, which is `started` without them. */
  giveRtp(kind: 'video' | 'audio', packet: Buffer): void {
    this.#ports[kind].give(packet);
  }

  /**
   * Starts taking a source's media; `onEnd` says how it ended. A former one is let go of, without its `onEnd` being an interruption.
   *
   * @param ownRtp the source brings its RTP itself, by `giveRtp`
   */
  start(input: FfmpegInput, codecs: SourceCodecs, onEnd: (lastWords: string) => void, ownRtp = false): ChildProcess {
    const { video, audio } = this.#ports;
    const rtp = ownRtp ? undefined : { videoPort: video.port, audioPort: audio.port };
    const former = this.#process;
    const process = startFfmpeg(input, codecs, { rtp, fragmentSeconds, packetBytes });
    const words = lastWords(process);
    const reader = new FragmentReader();
    this.#process = process;
    former?.kill('SIGKILL');
    process.stdout?.on('data', (bytes: Buffer) => {
      if (this.#process !== process) return;
      try {
        for (const piece of reader.push(bytes)) {
          this.hls.take(piece);
          if (piece.kind === 'fragment' && !this.#codecs) this.#goLive(codecs);
        }
      } catch {
        // No MP4 that we can read: seen as the end of the source, which then begins anew.
        process.kill('SIGKILL');
      }
    });
    // A source that stops is seen by its end; writing to what has ended is no news.
    process.stdin?.on('error', () => {});
    const ended = async (problem: string | undefined) => {
      if (this.#process === process) this.#interrupt();
      onEnd(problem ?? (await words));
    };
    process.once('error', (error) => void ended(String(error)));
    process.once('close', () => void ended(undefined));
    return process;
  }

  #goLive(codecs: SourceCodecs): void {
    this.#codecs = codecs;
    for (const tell of this.#onLive) tell();
    this.#onLive.clear();
  }

  #interrupt(): void {
    this.#process = undefined;
    this.#codecs = undefined;
    this.onPictureWanted = undefined;
    this.hls.interrupt();
    // Those who watch by WebRTC see the end, and come back when there is something to see.
    this.viewers.close();
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

  /** @throws Fault `source-unsupported`. */
  watch(offer: string): Promise<{ id: string; answerSdp: string }> {
    const { video, audio } = this.#ports;
    return this.viewers.add(offer, { video, audio: this.#codecs?.audio ? audio : undefined });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#process?.kill('SIGKILL');
    this.#interrupt();
    for (const tell of this.#onLive) tell();
    this.#ports.video.close();
    this.#ports.audio.close();
  }
}
