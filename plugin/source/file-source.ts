import { asVitreousError, type VitreousError } from '../core/errors.js';
import { FrameInterval } from '../core/frame-interval.js';
import { FrameQueue } from '../core/frame-queue.js';
import type { FrameSink, FrameSource } from '../core/frame-source.js';
import { MediaClock } from '../core/media-clock.js';
import type { FileSound, SoundState } from './file-sound.js';

/** Decodes a file. Made by an adapter (`vitreous/mediabunny`). */
export interface FrameReader {
  /** Where it ends, seconds. */
  readonly durationSeconds: number;
  /** The earliest position, seconds. Default: 0. */
  readonly startSeconds?: number;
  /** Undefined: there is none, or it cannot be decoded. The source closes it. */
  readonly sound?: FileSound | undefined;
  /** Why there is sound that cannot be heard. */
  readonly soundError?: VitreousError | undefined;
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

/** Beginning to play waits for the sound for so long: the browser may not let it be heard. */
const soundPatienceMs = 300;
/** Sound plays on over a picture that is late by less; behind that both wait. */
const latePictureMs = 500;
/** A page in the background has no animation frames; its sound goes on, to the end and from the beginning again. */
const backgroundMs = 250;

/**
 * Plays a file decoded by WebCodecs, without a `<video>`, with its sound. What is heard leads; without sound the page's clock does. Latest
 * frame wins; frames that come too late are closed and counted as skipped. Properties and events have the names of a `<video>`'s: `play`,
 * `pause`, `seeking`, `seeked`, `ended`, `ratechange`, `volumechange`. `soundchange`: another `soundState`.
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
  #muted = false;
  #volume = 1;
  #background: ReturnType<typeof setInterval> | undefined;
  /** Since when a picture or sound is waited for, `performance.now()`. */
  #waitingMs: number | undefined;
  /** `currentTime` is not before it, microseconds: the clock begins earlier, by what sound needs to be heard. */
  #floorUs = 0;
  /** It has played on in the background since frames were last taken. */
  #unseen = false;

  constructor(reader: FrameReader) {
    super();
    this.#reader = reader;
    if (reader.sound) reader.sound.onchange = () => this.dispatchEvent(new Event('soundchange'));
    this.#clock.jump(this.#startSeconds * 1e6);
  }

  get #startSeconds(): number {
    return this.#reader.startSeconds ?? 0;
  }

  get duration(): number {
    return this.#reader.durationSeconds;
  }

  /** Seconds. Setting it seeks; `seeked` fires when the frame there is on its way to the screen. */
  get currentTime(): number {
    return this.#clamp(Math.max(this.#floorUs, this.#clock.timeUs) / 1e6);
  }

  set currentTime(seconds: number) {
    this.#jump(this.#clamp(seconds));
  }

  #clamp(seconds: number): number {
    return Math.min(this.duration, Math.max(this.#startSeconds, seconds));
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

  /** Above 0; frames that come too fast for the screen are skipped. The pitch of the sound changes along. */
  set playbackRate(rate: number) {
    if (!(rate > 0 && Number.isFinite(rate))) throw new RangeError(`playbackRate must be above 0, got ${rate}`);
    if (rate === this.#clock.rate) return;
    this.#clock.rate = rate;
    this.#reader.sound?.stop();
    this.dispatchEvent(new Event('ratechange'));
  }

  get volume(): number {
    return this.#volume;
  }

  /** 0 to 1. */
  set volume(volume: number) {
    if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume must be between 0 and 1, got ${volume}`);
    if (volume === this.#volume) return;
    this.#volume = volume;
    if (this.#reader.sound) this.#reader.sound.volume = volume;
    this.dispatchEvent(new Event('volumechange'));
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** While it is muted no sound is decoded, and none is asked of the browser. */
  set muted(muted: boolean) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    if (muted) this.#reader.sound?.stop();
    else if (!this.#paused) this.#reader.sound?.unlock();
    this.dispatchEvent(new Event('volumechange'));
  }

  get soundState(): SoundState {
    if (this.#reader.soundError) return 'failed';
    return this.#reader.sound?.state ?? 'none';
  }

  /** Why `soundState` is `failed`. */
  get soundError(): VitreousError | undefined {
    return this.#reader.soundError ?? this.#reader.sound?.error;
  }

  get frameIntervalMs(): number | undefined {
    const mediaMs = this.#interval.ms;
    return mediaMs === undefined ? undefined : mediaMs / this.#clock.rate;
  }

  /**
   * Plays on, from the beginning where it had ended. The picture plays in any case: where the browser allows no sound yet `soundState` becomes
   * `blocked`, and sound joins in once `play()` is called or `muted` is set to false in a click's own task.
   */
  play(): void {
    if (this.#closed) return;
    if (!this.#muted) this.#reader.sound?.unlock();
    if (!this.#paused) return;
    if (this.currentTime >= this.duration) this.#jump(this.#startSeconds);
    this.#paused = false;
    this.#waitingMs = undefined;
    if (!this.#muted) this.#reader.sound?.prepare(this.currentTime);
    this.#background ??= setInterval(() => this.#playUnseen(), backgroundMs);
    this.dispatchEvent(new Event('play'));
    this.#schedule();
  }

  pause(): void {
    if (this.#paused) return;
    this.#halt();
    this.dispatchEvent(new Event('pause'));
  }

  #halt(): void {
    this.#paused = true;
    this.#hold();
    clearInterval(this.#background);
    this.#background = undefined;
  }

  #hold(): void {
    this.#reader.sound?.stop();
    const timeUs = this.currentTime * 1e6;
    this.#clock.hold();
    this.#clock.jump(timeUs);
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
    // The clock waits for the frame: decoding from the last key frame takes a while.
    this.#hold();
    this.#clock.jump(seconds * 1e6);
    this.#floorUs = seconds * 1e6;
    this.#waitingMs = undefined;
    this.#seeking = true;
    if (!this.#paused && !this.#muted) this.#reader.sound?.prepare(seconds);
    this.dispatchEvent(new Event('seeking'));
    this.#decodeFrom(seconds);
    this.#schedule();
  }

  #decodeFrom(seconds: number): void {
    this.#decodedAll = false;
    this.#queue.close();
    this.#queue = new FrameQueue(queueCapacity);
    if (this.#sink) void this.#decode(this.#queue, seconds);
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
    if (this.#unseen) {
      this.#unseen = false;
      // What was decoded before the page went into the background is long past.
      if (!this.#paused && !this.#seeking) this.#decodeFrom(this.currentTime);
    }
    const { first } = this.#queue;
    if (this.#seeking) {
      if (first) this.#showSeeked(first);
    } else if (!this.#paused) {
      if (first) this.#run();
      else this.#starve();
      const dueMs = first && this.#clock.dueMs(first.timestamp);
      const due = this.#queue.takeDue(this.#clock.timeUs);
      if (due) this.#show(due.frame, { dueMs, skipped: due.skipped, moved: false });
    }
    if (!this.#paused || this.#seeking) this.#schedule();
  }

  /** Lets time pass: led by what is heard, where anything is. */
  #run(): void {
    const sound = this.#muted ? undefined : this.#reader.sound;
    if (this.#clock.running) {
      this.#waitingMs = undefined;
      if (sound) this.#followSound(sound);
      return;
    }
    this.#floorUs = this.currentTime * 1e6;
    this.#waitingMs ??= performance.now();
    if (sound && sound.state === 'ready') {
      if (sound.prepare(this.currentTime)) {
        sound.play(this.currentTime, this.#clock.rate);
        this.#clock.jump((sound.heardSeconds ?? this.currentTime) * 1e6);
      } else if (performance.now() - this.#waitingMs < soundPatienceMs) return;
    }
    this.#waitingMs = undefined;
    this.#clock.run();
  }

  #followSound(sound: FileSound): void {
    const heard = sound.heardSeconds;
    if (heard !== undefined) {
      this.#clock.follow(heard * 1e6);
      return;
    }
    // It joins in where the picture is: after another rate, after being muted or blocked.
    sound.stop();
    const joining = this.currentTime + sound.delaySeconds * this.#clock.rate;
    if (sound.prepare(joining)) sound.play(joining, this.#clock.rate);
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
      this.#waitingMs ??= performance.now();
      const heard = this.#reader.sound?.heardSeconds !== undefined;
      if (heard && performance.now() - this.#waitingMs < latePictureMs) return;
      this.#hold();
      return;
    }
    this.#run();
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#clock.timeUs < this.duration * 1e6) return;
    if (this.#loops) {
      this.#jump(this.#startSeconds);
      return;
    }
    this.#halt();
    this.#clock.jump(this.duration * 1e6);
    this.dispatchEvent(new Event('ended'));
  }

  /** In the background nothing is drawn, but time passes. */
  #playUnseen(): void {
    if (!document.hidden || this.#closed || this.#paused) return;
    const { first } = this.#queue;
    if (this.#seeking && first) this.#showSeeked(first);
    if (this.#seeking || !this.#sink) return;
    this.#unseen = true;
    this.#run();
    this.#endIfOver();
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
    this.#reader.sound?.stop();
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
    if (!this.#paused) this.#halt();
    this.#closed = true;
    this.#queue.close();
    this.#reader.close();
  }
}
