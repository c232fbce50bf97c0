import { type Fraction, readFraction } from './time-base.js';

/** What ffmpeg's filter `showinfo` says of a frame that leaves it. */
export interface FrameNote {
  /** In ticks of the filter's time base, on the clock that ffmpeg was asked to keep. */
  readonly ticks: number;
  readonly timeBase: Fraction;
  /** Decoding may begin here. */
  readonly isKey: boolean;
  /** The file's clock has gone back here, as where recordings are put one behind the other; `ticks` go on. */
  readonly clockWentBack: boolean;
}

/** What goes back by less is a frame out of order, which ffmpeg's own limit for sound takes it for, too. */
const outOfOrderSeconds = 0.1;

/** Reads the lines of `showinfo` in ffmpeg's log. */
export class FrameLog {
  #timeBase: Fraction | undefined;
  #last: number | undefined;
  /** From the frame before the last to the last. */
  #step = 1;
  /** What is added since the clock went back. */
  #shift = 0;

  /** A frame's note, or undefined: the line is about something else. */
  read(line: string): FrameNote | undefined {
    if (!line.includes('showinfo')) return undefined;
    const [, base] = /config in time_base: (\d+\/\d+)/.exec(line) ?? [];
    if (base !== undefined) this.#timeBase = readFraction(base, undefined);
    const [, ticks, key] = /\bn: *\d+ pts: *(-?\d+|NOPTS) .*\biskey:(\d)/.exec(line) ?? [];
    if (ticks === undefined || this.#timeBase === undefined) return undefined;
    const { numerator, denominator } = this.#timeBase;
    const given = Number(ticks);
    const last = this.#last;
    const clockWentBack =
      last !== undefined && ((last - given - this.#shift) * numerator) / denominator > outOfOrderSeconds;
    if (clockWentBack) this.#shift = last + this.#step - given;
    // A frame without a time, or one out of order, comes as soon as it can: each is shown, in order.
    const told = Number.isNaN(given) ? 0 : given + this.#shift;
    const next = last === undefined ? told : Math.max(told, last + 1);
    if (last !== undefined) this.#step = next - last;
    this.#last = next;
    return { ticks: next, timeBase: this.#timeBase, isKey: key === '1', clockWentBack };
  }
}
