import { join } from 'node:path';
import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import type { Pixels } from '../gpu/node-upscaler.js';
import { SegmentEncoder } from './encode.js';
import type { Piece } from './mux.js';
import type { SourceInfo } from './source-info.js';
import { type Fraction, toSeconds } from './time-base.js';

export interface FilmWriterOptions {
  /** A folder for the segments. */
  readonly scratch: string;
  readonly info: SourceInfo;
  readonly size: Size;
  readonly crf: number;
  /** Frames may be predicted from later ones. */
  readonly reorders: boolean;
}

interface Segment {
  readonly file: string;
  readonly beginTicks: number;
  readonly encoder: SegmentEncoder;
}

/** Pictures with times → segments, one file each. While one is finished the next begins. */
export class FilmWriter {
  frames = 0;
  /** Of the film's file, within what was written. */
  clockWentBack = false;
  readonly #options: FilmWriterOptions;
  readonly #segments: Segment[] = [];
  #timeBase: Fraction = { numerator: 1, denominator: 1000 };
  #lastTicks = 0;
  #finishing: Promise<void> = Promise.resolve();

  constructor(options: FilmWriterOptions) {
    this.#options = options;
  }

  /** Begins a segment with the frame that is written next. @throws CommandError `output-failed`, of a segment before. */
  async begin(ticks: number, timeBase: Fraction): Promise<void> {
    const before = this.#segments.at(-1)?.encoder;
    await this.#finishing;
    if (before) {
      this.#finishing = before.finish();
      // Whoever awaits it sees the rejection; until then it must not count as unhandled.
      this.#finishing.catch(() => undefined);
    }
    const { scratch, info, size, crf, reorders } = this.#options;
    const file = join(scratch, `segment-${this.#segments.length}.mp4`);
    this.#timeBase = timeBase;
    const encoder = new SegmentEncoder({ file, size, info, timeBase, crf, reorders });
    this.#segments.push({ file, beginTicks: ticks, encoder });
  }

  /** @throws CommandError `output-failed`. */
  async write(picture: Pixels, ticks: number): Promise<void> {
    const segment = this.#segments.at(-1);
    if (!segment) throw new RangeError('a frame before the first segment');
    await segment.encoder.write(picture, ticks - segment.beginTicks);
    this.#lastTicks = ticks;
    this.frames++;
  }

  /** Waits until all segments are complete. @throws CommandError `output-failed`. */
  async finish(): Promise<void> {
    await this.#finishing;
    await this.#segments.at(-1)?.encoder.finish();
  }

  async abort(): Promise<void> {
    await Promise.all(this.#segments.slice(-2).map(({ encoder }) => encoder.abort()));
    await this.#finishing.catch(() => undefined);
  }

  /** What ffmpeg said of the segments. */
  get messages(): string {
    return this.#segments
      .flatMap(({ encoder }) => (encoder.messages ? [encoder.messages] : []))
      .join('\n')
      .slice(-2000);
  }

  get timeBase(): Fraction {
    return this.#timeBase;
  }

  /** Of the first and the last frame, from the start of the film's file. @throws CommandError `input-unreadable` before any. */
  get spanUs(): { readonly firstUs: number; readonly lastUs: number } {
    const [first] = this.#segments;
    if (!first)
      throw new CommandError('input-unreadable', `${this.#options.info.file} has no frame that can be decoded`);
    return { firstUs: this.#timeUs(first.beginTicks), lastUs: this.#timeUs(this.#lastTicks) };
  }

  /** The segments, at their times from the start of the film's file, less so much. */
  pieces(originUs: number): Piece[] {
    return this.#segments.map(({ file, beginTicks }) => ({
      file,
      shiftUs: this.#timeUs(beginTicks) - originUs,
      fileStartUs: 0,
    }));
  }

  #timeUs(ticks: number): number {
    return Math.round((toSeconds(ticks, this.#timeBase) - this.#options.info.startSeconds) * 1e6);
  }
}
