import { type Fraction, readFraction } from './time-base.js';

/** What ffmpeg's filter `showinfo` says of a frame that leaves it. */
export interface FrameNote {
  /** In ticks of the filter's time base, on the clock that ffmpeg was asked to keep. */
  readonly ticks: number;
  readonly timeBase: Fraction;
  /** Decoding may begin here. */
  readonly isKey: boolean;
}

/** Reads the lines of `showinfo` in ffmpeg's log. */
export class FrameLog {
  #timeBase: Fraction | undefined;
  #last: number | undefined;

  /** A frame's note, or undefined: the line is about something else. */
  read(line: string): FrameNote | undefined {
    if (!line.includes('showinfo')) return undefined;
    const [, base] = /config in time_base: (\d+\/\d+)/.exec(line) ?? [];
    if (base !== undefined) this.#timeBase = readFraction(base, undefined);
    const [, ticks, key] = /\bn: *\d+ pts: *(-?\d+|NOPTS) .*\biskey:(\d)/.exec(line) ?? [];
    if (ticks === undefined || this.#timeBase === undefined) return undefined;
    // A frame without a time, or one that goes back, comes as soon as it can: each is shown, in order.
    const next = this.#last === undefined ? Number(ticks) || 0 : Math.max(Number(ticks) || 0, this.#last + 1);
    this.#last = next;
    return { ticks: next, timeBase: this.#timeBase, isKey: key === '1' };
  }
}
