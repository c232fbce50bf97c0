import type { Size } from '../../core/geometry.js';
import { type FrameWriter, openFrameWriter } from '../../present/frame-writer.js';

/** A source that stands still is sent again so often, for receivers that come later. */
const repeatMs = 1000;
/** Frames come a little early or late. */
const toleranceMs = 5;

/** Shapes that differ by less are one, rounded to whole pixels in different ways. */
const sameShapeWithin = 0.02;

/** One stream going out: enhanced pictures, or native frames while there are none. One size for each shape, which changes when a phone is turned. */
export class Capture {
  readonly #writer: FrameWriter;
  readonly #intervalMs: number;
  /** Of all frames of one shape, so that recorders and encoders need not begin anew with each rendition. */
  #size: Size | undefined;
  #last: VideoFrame | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #repeat: ReturnType<typeof setTimeout> | undefined;

  /** `frameRate`: most frames a second; undefined: as they come. */
  constructor(frameRate: number | undefined) {
    this.#writer = openFrameWriter();
    this.#intervalMs = frameRate === undefined ? 0 : 1000 / frameRate;
  }

  get stream(): MediaStream {
    return this.#writer.stream;
  }

  /** Everybody has stopped it. */
  get ended(): boolean {
    return this.#writer.ended;
  }

  /** The frame rate leaves room for a frame now. */
  get due(): boolean {
    return performance.now() - this.#lastMs >= this.#intervalMs - toleranceMs;
  }

  /** A picture, borrowed. `size` is what pictures have: that of the first one of its shape is kept. */
  write(picture: CanvasImageSource & (VideoFrame | OffscreenCanvas | HTMLCanvasElement), size: Size): void {
    if (!this.#size || !sameShape(this.#size, size)) this.#size = size;
    const { width: displayWidth, height: displayHeight } = this.#size;
    // A clock that never goes back, as a video's own time does in a seek.
    this.#send(new VideoFrame(picture, { timestamp: now(), displayWidth, displayHeight }));
  }

  #send(frame: VideoFrame): void {
    this.#last?.close();
    this.#last = frame.clone();
    this.#lastMs = performance.now();
    this.#writer.write(frame);
    clearTimeout(this.#repeat);
    this.#repeat = setTimeout(() => {
      if (this.ended) this.close();
      else if (this.#last) this.#send(new VideoFrame(this.#last, { timestamp: now() }));
    }, repeatMs);
  }

  /** Ends its track. */
  close(): void {
    clearTimeout(this.#repeat);
    this.#last?.close();
    this.#last = undefined;
    this.#writer.close();
  }
}

function sameShape(a: Size, b: Size): boolean {
  return Math.abs((a.width * b.height) / (a.height * b.width) - 1) < sameShapeWithin;
}

const now = () => Math.round(performance.now() * 1000);
