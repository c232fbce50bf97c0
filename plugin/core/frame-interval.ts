const keptIntervals = 9;
/** A longer step is a seek or a still, not a frame interval. */
const longestMs = 1000;

/** Estimates the time between frames from presentation times: a median, so that seeks and skips do not count. */
export class FrameInterval {
  readonly #intervalsMs: number[] = [];
  #lastUs: number | undefined;

  /** `skipped`: frames of the source missing between the last one and this one. */
  add(timestampUs: number, skipped: number): void {
    const last = this.#lastUs;
    this.#lastUs = timestampUs;
    if (last === undefined) return;
    const intervalMs = (timestampUs - last) / 1000 / (skipped + 1);
    if (intervalMs <= 0 || intervalMs > longestMs) return;
    this.#intervalsMs.push(intervalMs);
    if (this.#intervalsMs.length > keptIntervals) this.#intervalsMs.shift();
  }

  /** Media milliseconds between frames; undefined before two frames have come. */
  get ms(): number | undefined {
    const sorted = this.#intervalsMs.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }
}
