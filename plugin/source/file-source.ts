import { asVitreousError } from '../core/errors.js';
import { FrameInterval } from '../core/frame-interval.js';
import { FrameQueue } from '../core/frame-queue.js';
import type { FrameSink, FrameSource } from '../core/frame-source.js';
import { MediaClock } from '../core/media-clock.js';

/** Decodes a file. Made by an adapter (`vitreous/mediabunny`). */
export interface FrameReader {
  /** Length, seconds. */
  readonly durationSeconds: number;
  /**
   * Frames in presentation order, from the one shown at a time on. Timestamps are microseconds from the file's beginning. The
   * caller closes each.
   */
  frames(fromSeconds: number): AsyncGenerator<VideoFrame, void, unknown>;
  close(): void;
}

/** What is known of a frame besides itself. */
interface Told {
  readonly dueMs?: number | undefined;
  readonly skipped?: number;
  /** It is the first of a new position. */
  readonly moved: boolean;
}

/** Frames decoded ahead: enough to ride out a slow one, few enough for the decoder's own pool. */
const queueCapacity = 4;

/**
 * Plays a file decoded by WebCodecs against a clock: no `<video>`, no sound. Latest frame wins; frames that come too late are
 * closed and counted as skipped. Fires `play`, `pause`, `seeked` and `ended` as a `<video>` does.
 */
export class FileSource extends EventTarget implements FrameSource {
  readonly #reader: FrameReader;
  readonly #clock = new MediaClock(() => performance.now());
  #interval = new FrameInterval();
  #queue = new FrameQueue<VideoFrame>(queueCapacity);
  #sink: FrameSink | undefined;
  /** The frame on screen, kept for `refresh`. */
  #current: VideoFrame | undefined;
  #paused = true;
  #seeking = false;
  #decodedAll = false;
  #loops = false;
  #closed = false;
  #ticket: number | undefined;

  constructor(reader: FrameReader) {
    super();
    this.#reader = reader;
  }

  get duration(): number {
    return this.#reader.durationSeconds;
  }

  /** Seconds. Setting it seeks; `seeked` fires when the frame there is on its way to the screen. */
  get currentTime(): number {
    return Math.min(this.duration, Math.max(0, this.#clock.timeUs / 1e6));
  }

  set currentTime(seconds: number) {
    this.#jump(Math.min(this.duration, Math.max(0, seconds)));
  }

  get paused(): boolean {
    return this.#paused;
  }

  get ended(): boolean {
    return this.#paused && this.currentTime >= this.duration;
  }

  get loop(): boolean {
    return this.#loops;
  }

  set loop(loop: boolean) {
    this.#loops = loop;
  }

  get playbackRate(): number {
    return this.#clock.rate;
  }

  /** Above 0; frames that come too fast for the screen are skipped. */
  set playbackRate(rate: number) {
    if (!(rate > 0 && Number.isFinite(rate))) throw new RangeError(`playbackRate must be above 0, got ${rate}`);
    this.#clock.rate = rate;
  }

  get frameIntervalMs(): number | undefined {
    const mediaMs = this.#interval.ms;
    return mediaMs === undefined ? undefined : mediaMs / this.#clock.rate;
  }

  play(): void {
    if (!this.#paused || this.#closed) return;
    if (this.currentTime >= this.duration) this.#jump(0);
    this.#paused = false;
    this.dispatchEvent(new Event('play'));
    this.#schedule();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#clock.hold();
    this.dispatchEvent(new Event('pause'));
  }

  start(sink: FrameSink): void {
    if (this.#sink) throw new RangeError('file source: started twice');
    this.#sink = sink;
    this.#jump(this.currentTime);
  }

  refresh(): void {
    if (this.#current) this.#give(this.#current, { moved: false });
  }

  #jump(seconds: number): void {
    this.#clock.jump(seconds * 1e6);
    // The clock waits for the frame: decoding from the last key frame takes a while.
    this.#clock.hold();
    this.#seeking = true;
    this.#decodedAll = false;
    this.#queue.close();
    this.#queue = new FrameQueue(queueCapacity);
    if (this.#sink) void this.#decode(this.#queue, seconds);
    this.#schedule();
  }

  /** Fills one queue until it is full, replaced or complete. */
  async #decode(queue: FrameQueue<VideoFrame>, fromSeconds: number): Promise<void> {
    const frames = this.#reader.frames(fromSeconds);
    try {
      for await (const frame of frames) {
        await queue.push(frame);
        if (queue !== this.#queue || this.#closed) return; // `return` also ends the generator, and the decoder with it.
        this.#schedule();
      }
      if (queue === this.#queue) this.#decodedAll = true;
      this.#schedule();
    } catch (thrown) {
      if (queue !== this.#queue || this.#closed) return;
      const error = asVitreousError(thrown, {
        code: 'source-format',
        stage: 'source',
        found: String(thrown),
        expected: 'a file that decodes to its end',
        fix: 'The file may be damaged; play it with a <video> to see what the browser says.',
      });
      this.#sink?.trouble(error, false);
    }
  }

  #schedule(): void {
    if (this.#closed || this.#ticket !== undefined) return;
    this.#ticket = requestAnimationFrame(() => {
      this.#ticket = undefined;
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#closed) return;
    const { first } = this.#queue;
    if (this.#seeking) {
      if (first) this.#showSeeked(first);
    } else if (!this.#paused) {
      if (first) this.#clock.run();
      else this.#starve();
      const dueMs = first && this.#clock.dueMs(first.timestamp);
      const due = this.#queue.takeDue(this.#clock.timeUs);
      if (due) this.#show(due.frame, { dueMs, skipped: due.skipped, moved: false });
    }
    if (!this.#paused || this.#seeking) this.#schedule();
  }

  /** The first frame of a new position is shown whatever its time; a reader may begin a little before or after it. */
  #showSeeked(first: VideoFrame): void {
    const due = this.#queue.takeDue(Math.max(first.timestamp, this.#clock.timeUs));
    if (!due) return;
    this.#seeking = false;
    this.#show(due.frame, { moved: true });
    this.dispatchEvent(new Event('seeked'));
  }

  /** No frame is waiting: the decoder is slow and the clock waits for it, or the last frame's time is running out. */
  #starve(): void {
    if (!this.#decodedAll) {
      this.#clock.hold();
      return;
    }
    this.#clock.run();
    if (this.#clock.timeUs < this.duration * 1e6) return;
    if (this.#loops) {
      this.#jump(0);
      return;
    }
    this.#clock.hold();
    this.#clock.jump(this.duration * 1e6);
    this.#paused = true;
    this.dispatchEvent(new Event('ended'));
  }

  #show(frame: VideoFrame, told: Told): void {
    this.#current?.close();
    this.#current = frame;
    this.#interval.add(frame.timestamp, told.skipped ?? 0);
    this.#give(frame, told);
  }

  #give(frame: VideoFrame, { dueMs, skipped = 0, moved }: Told): void {
    this.#sink?.frame(frame, { timestampUs: frame.timestamp, expectedDisplayTimeMs: dueMs, skipped, moved });
  }

  stop(): void {
    if (!this.#sink) return;
    this.#sink = undefined;
    this.pause();
    if (this.#ticket !== undefined) cancelAnimationFrame(this.#ticket);
    this.#ticket = undefined;
    this.#queue.close();
    this.#current?.close();
    this.#current = undefined;
  }

  /** Lets go of the file. For who opened it; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.stop();
    this.#closed = true;
    this.#queue.close();
    this.#reader.close();
  }
}
