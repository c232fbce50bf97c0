import { VitreousError } from '../core/errors.js';
import { FrameInterval } from '../core/frame-interval.js';
import type { FrameSink, FrameSource, FrameTiming } from '../core/frame-source.js';
import { VideoSource } from './video-source.js';

/** What TypeScript's DOM types lack (W3C mediacapture-transform; in Chromium also outside workers). */
interface TrackProcessorConstructor {
  new (init: { track: MediaStreamTrack; maxBufferSize?: number }): { readonly readable: ReadableStream<VideoFrame> };
}

declare const MediaStreamTrackProcessor: TrackProcessorConstructor | undefined;

function trackEnded(): VitreousError {
  return new VitreousError({
    code: 'track-ended',
    stage: 'source',
    found: 'a track that has ended',
    expected: 'a live one',
    fix: 'Dispose this enhancement and enhance the new track.',
  });
}

/**
 * Frames of a MediaStreamTrack (a camera, WebRTC), each when it comes: of two waiting ones the latest wins. The track is the caller's: it is never
 * stopped here.
 */
export class TrackSource implements FrameSource {
  readonly #track: MediaStreamTrack;
  #session: FrameSource | undefined;

  constructor(track: MediaStreamTrack) {
    this.#track = track;
  }

  get frameIntervalMs(): number | undefined {
    return this.#session?.frameIntervalMs;
  }

  start(sink: FrameSink): void {
    if (this.#session) throw new RangeError('track source: started twice');
    if (this.#track.readyState === 'ended') {
      sink.trouble(trackEnded(), false);
      return;
    }
    this.#session =
      typeof MediaStreamTrackProcessor === 'undefined'
        ? new TrackVideo(this.#track)
        : new TrackReader(this.#track, MediaStreamTrackProcessor);
    this.#session.start(sink);
  }

  refresh(): void {
    this.#session?.refresh();
  }

  stop(): void {
    this.#session?.stop();
    this.#session = undefined;
  }
}

/** Reads the track itself: every frame in the moment it arrives, in hidden pages too. */
class TrackReader implements FrameSource {
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  readonly #interval = new FrameInterval();
  #sink: FrameSink | undefined;
  /** The frame on screen, kept for `refresh`. */
  #current: VideoFrame | undefined;

  constructor(track: MediaStreamTrack, Processor: TrackProcessorConstructor) {
    // One frame waits at most; a newer one takes its place (mediacapture-transform §3.1).
    this.#reader = new Processor({ track, maxBufferSize: 1 }).readable.getReader();
  }

  get frameIntervalMs(): number | undefined {
    return this.#interval.ms;
  }

  start(sink: FrameSink): void {
    this.#sink = sink;
    void this.#read(sink);
  }

  async #read(sink: FrameSink): Promise<void> {
    for (;;) {
      const { value: frame } = await this.#reader.read().catch(() => ({ value: undefined }));
      if (this.#sink !== sink) {
        frame?.close();
        return;
      }
      if (!frame) break;
      this.#current?.close();
      this.#current = frame;
      this.#interval.add(frame.timestamp, 0);
      this.refresh();
    }
    sink.trouble(trackEnded(), false);
  }

  refresh(): void {
    const frame = this.#current;
    if (!frame) return;
    const timing: FrameTiming = { timestampUs: frame.timestamp, expectedDisplayTimeMs: undefined, skipped: 0 };
    this.#sink?.frame(frame, timing);
  }

  stop(): void {
    this.#sink = undefined;
    this.#current?.close();
    this.#current = undefined;
    this.#reader.cancel().catch(() => {}); // A stream that failed has nothing to cancel.
  }
}

/** Where tracks cannot be read: plays the track in a `<video>` that is on no page. */
class TrackVideo implements FrameSource {
  readonly #video = document.createElement('video');
  readonly #track: MediaStreamTrack;
  readonly #source = new VideoSource(this.#video);
  readonly #listening = new AbortController();

  constructor(track: MediaStreamTrack) {
    this.#track = track;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  get frameIntervalMs(): number | undefined {
    return this.#source.frameIntervalMs;
  }

  start(sink: FrameSink): void {
    // A stream of a track that has ended pauses the video; `ended` of the track itself is the one that tells.
    this.#track.addEventListener('ended', () => sink.trouble(trackEnded(), false), { signal: this.#listening.signal });
    this.#source.start(sink);
    this.#video.srcObject = new MediaStream([this.#track]);
    // Muted playing needs no permission; a rejection means that it was stopped before it began.
    this.#video.play().catch(() => {});
  }

  refresh(): void {
    this.#source.refresh();
  }

  stop(): void {
    this.#listening.abort();
    this.#source.stop();
    this.#video.pause();
    this.#video.srcObject = null;
  }
}
