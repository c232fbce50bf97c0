import { VitreousError } from '../core/errors.js';
import { FrameInterval } from '../core/frame-interval.js';
import type { FrameSink, FrameSource } from '../core/frame-source.js';
import { ElementFrames } from './element-frames.js';
import { UntoldFrames } from './untold-frames.js';

function unreadable(cause: unknown): VitreousError {
  const crossOrigin = cause instanceof DOMException && cause.name === 'SecurityError';
  return new VitreousError(
    crossOrigin
      ? {
          code: 'cors',
          stage: 'source',
          found: 'a video from another origin without CORS',
          expected: 'same-origin media, or `crossorigin` on the video and Access-Control-Allow-Origin from the server',
          fix: 'Set crossorigin="anonymous" before src and let the server allow this origin; the native video plays on.',
          cause,
        }
      : {
          code: 'frame-import',
          stage: 'source',
          found: String(cause),
          expected: 'a readable frame',
          fix: 'The native video plays on.',
          cause,
        },
  );
}

function mediaError(video: HTMLVideoElement): VitreousError {
  const { error } = video;
  return new VitreousError({
    code: 'video-error',
    stage: 'source',
    found: error ? `media error ${error.code}: ${error.message || 'no message'}` : 'an error event',
    expected: 'a playable video',
    fix: 'Check the video itself: its URL, type and codec. A new source is picked up.',
    cause: error ?? undefined,
  });
}

const withoutPicture = () =>
  new VitreousError({
    code: 'source-format',
    stage: 'source',
    found: 'media without a picture (audio alone)',
    expected: 'a video track',
    fix: 'Nothing: there is no picture to enhance. A new source is picked up.',
  });

/** So many frames of a live stream in a row that cannot be read are trouble. */
const mostUnreadable = 3;

/** Whether the poster is what is seen: until it is played or sought (HTML §4.8.11, the show poster flag). */
function showsPoster({ poster, paused, played, currentTime }: HTMLVideoElement): boolean {
  return poster !== '' && paused && played.length === 0 && currentTime === 0;
}

/** Firefox counts on from loop to loop: a frame's media time in seconds as the playing position has it. */
function withinDuration({ duration, currentTime }: HTMLVideoElement, mediaTime: number): number {
  const within = mediaTime % duration;
  return Math.abs(within - currentTime) < Math.abs(mediaTime - currentTime) ? within : mediaTime;
}

/** What is known of a frame besides itself; `mediaUs`: the time of the one that the callback tells of. */
interface Told {
  readonly mediaUs?: number;
  readonly expectedDisplayTimeMs?: number;
  readonly skipped?: number;
}

/** Frames of a `<video>`, each when the browser presents it: playing, seeking while paused, looping, changing its source. */
export class VideoSource implements FrameSource {
  readonly #video: HTMLVideoElement;
  #listening = new AbortController();
  #interval = new FrameInterval();
  #sink: FrameSink | undefined;
  #callback: number | undefined;
  #presentedFrames: number | undefined;
  #lastTimestampUs = 0;
  /** As the frame itself has it. */
  #lastFrameUs: number | undefined;
  readonly #frames: ElementFrames;
  readonly #untold: UntoldFrames;
  /** Frames that were told of and could not be read, since the last that could. */
  #unreadable = 0;
  /** The playing position was moved, and no frame of there has come yet. */
  #moved = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#frames = new ElementFrames(video);
    this.#untold = new UntoldFrames(video, {
      onUntold: () => {
        if (this.#callback !== undefined) video.cancelVideoFrameCallback(this.#callback);
        this.#request();
      },
      onPaint: (skipped) => this.#give({ skipped }, true),
    });
  }

  get frameIntervalMs(): number | undefined {
    const mediaMs = this.#interval.ms;
    return mediaMs === undefined ? undefined : mediaMs / (Math.abs(this.#video.playbackRate) || 1);
  }

  start(sink: FrameSink): void {
    if (this.#sink) throw new RangeError('video source: started twice');
    this.#sink = sink;
    this.#listening = new AbortController();
    const video = this.#video;
    const { signal } = this.#listening;
    this.#request();
    video.addEventListener('error', () => sink.trouble(mediaError(video), true), { signal });
    video.addEventListener('emptied', () => this.#onEmptied(), { signal });
    video.addEventListener('seeking', () => (this.#moved = true), { signal });
    // The window of the former document may have taken with it what we asked for.
    video.addEventListener('timeupdate', () => this.#untold.check(), { signal });
    // A paused video's first frame may have been presented before we asked.
    video.addEventListener('loadeddata', () => this.refresh(), { signal });
    video.addEventListener('loadeddata', () => this.#checkPicture(), { signal });
    if (video.error) sink.trouble(mediaError(video), true);
    else {
      this.#checkPicture();
      this.refresh();
    }
  }

  refresh(): void {
    const video = this.#video;
    if (!this.#sink || video.error || video.readyState < video.HAVE_CURRENT_DATA || video.videoWidth === 0) return;
    this.#give();
  }

  #checkPicture(): void {
    const video = this.#video;
    if (video.readyState >= video.HAVE_CURRENT_DATA && video.videoWidth === 0)
      this.#sink?.trouble(withoutPicture(), true);
  }

  #request(): void {
    this.#callback = this.#video.requestVideoFrameCallback((_nowMs, metadata) => {
      this.#untold.tell();
      this.#request();
      const skipped =
        this.#presentedFrames === undefined ? 0 : Math.max(0, metadata.presentedFrames - this.#presentedFrames - 1);
      this.#presentedFrames = metadata.presentedFrames;
      const mediaUs = Math.round(withinDuration(this.#video, metadata.mediaTime) * 1e6);
      this.#interval.add(mediaUs, skipped);
      this.#give({ mediaUs, expectedDisplayTimeMs: metadata.expectedDisplayTime, skipped });
    });
  }

  /**
   * Without the callback's word there may be no frame at this moment, which is no trouble as the next one will tell. `unlessSame`: not the one that was
   * given last.
   */
  #give({ mediaUs, expectedDisplayTimeMs, skipped = 0 }: Told = {}, unlessSame = false): void {
    // A callback that was on its way when the video broke tells of the last good frame: that does not make the video well again.
    if (this.#video.error || showsPoster(this.#video)) return;
    const shownUs = mediaUs ?? this.#positionUs;
    let frame: VideoFrame;
    try {
      frame = this.#frames.read(shownUs);
    } catch (thrown) {
      const error = unreadable(thrown);
      if (error.code === 'cors') this.#sink?.trouble(error, false);
      else if (mediaUs !== undefined && !this.#mayBeGone()) this.#sink?.trouble(error, true);
      return;
    }
    this.#unreadable = 0;
    if (unlessSame) {
      if (frame.timestamp === this.#lastFrameUs) {
        frame.close();
        return;
      }
      this.#interval.add(frame.timestamp, skipped);
    }
    this.#lastFrameUs = frame.timestamp;
    // Frames of a stream may count from elsewhere. Others are asked themselves: one may be newer than that of the callback, and of two clocks mixed
    // time would run back, which reads as a seek.
    const timestampUs = this.#video.srcObject ? shownUs : frame.timestamp;
    this.#lastTimestampUs = timestampUs;
    const moved = this.#moved;
    // Between a seek and its frame the old picture is still up.
    if (!this.#video.seeking) this.#moved = false;
    try {
      this.#sink?.frame(frame, { timestampUs, expectedDisplayTimeMs, skipped, moved });
    } finally {
      frame.close();
    }
  }

  /** A live stream may have no frame any more, or not yet, by the time its callback comes: one after the other they are trouble. */
  #mayBeGone(): boolean {
    this.#unreadable++;
    return this.#video.srcObject !== null && this.#unreadable < mostUnreadable;
  }

  /** Where the frame is that is up. During a seek `currentTime` belongs to the one that is still to come. */
  get #positionUs(): number {
    const { seeking, currentTime } = this.#video;
    return seeking ? this.#lastTimestampUs : Math.round(currentTime * 1e6);
  }

  #onEmptied(): void {
    this.#untold.stop();
    this.#lastFrameUs = undefined;
    this.#presentedFrames = undefined;
    this.#interval = new FrameInterval();
    this.#sink?.reset();
  }

  stop(): void {
    this.#listening.abort();
    this.#untold.stop();
    if (this.#callback !== undefined) this.#video.cancelVideoFrameCallback(this.#callback);
    this.#callback = undefined;
    this.#presentedFrames = undefined;
    this.#sink = undefined;
  }
}
