const windowMs = 1000;

/** Counts frames, and how many of them came in the last second. */
export class FrameCounters {
  shown = 0;
  dropped = 0;
  late = 0;
  /** Times of the frames shown in the last second, oldest first; as long as the highest frame rate. */
  readonly #timesMs: number[] = [];

  show(nowMs: number, expectedDisplayTimeMs: number | undefined): void {
    this.shown++;
    if (expectedDisplayTimeMs !== undefined && nowMs > expectedDisplayTimeMs) this.late++;
    this.#timesMs.push(nowMs);
    this.#forget(nowMs);
  }

  fps(nowMs: number): number {
    this.#forget(nowMs);
    return this.#timesMs.length;
  }

  #forget(nowMs: number): void {
    while (this.#timesMs.length > 0 && (this.#timesMs[0] ?? 0) <= nowMs - windowMs) this.#timesMs.shift();
  }
}
