import type { VitreousError } from './errors.js';

/** When a frame belongs on screen. */
export interface FrameTiming {
  /** Presentation time in the media, microseconds. */
  readonly timestampUs: number;
  /** When the frame should be on screen, on `performance.now()`'s clock; undefined where nobody knows. */
  readonly expectedDisplayTimeMs: number | undefined;
  /** Frames of the source that never came here since the last one. */
  readonly skipped: number;
  /** Whether the playing position was moved since the frame before; undefined where nobody knows. */
  readonly moved?: boolean | undefined;
}

/** Who receives a source's frames. */
export interface FrameSink {
  /** Draws the frame now or not at all. The source keeps the frame and closes it after this call. */
  frame(frame: VideoFrame, timing: FrameTiming): void;
  /** The source cannot give frames (`recovering`: for now; the next `frame` says that it is over). */
  trouble(error: VitreousError, recovering: boolean): void;
  /** The frames that were here are no longer the source's: another file, a stream that begins anew. */
  reset(): void;
}

/** Where frames come from, for one sink at a time. */
export interface FrameSource {
  /** Begins to call the sink, also with the current frame of a paused source. */
  start(sink: FrameSink): void;
  /** Gives the current frame once more, where there is one: after a rebuild, while paused. */
  refresh(): void;
  /** Milliseconds between frames by what has been seen, undefined before. */
  readonly frameIntervalMs: number | undefined;
  /** Lets go of the sink and of all work for it. Idempotent; may be started again. */
  stop(): void;
}
