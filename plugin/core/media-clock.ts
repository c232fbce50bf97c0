/** Media time against a wall clock: runs, holds, jumps, at a rate. */
export class MediaClock {
  readonly #nowMs: () => number;
  #mediaUs = 0;
  #sinceMs: number | undefined;
  #rate = 1;

  /** `nowMs`: a monotonic clock, milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get running(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Media time, microseconds. */
  get timeUs(): number {
    return this.#sinceMs === undefined
      ? this.#mediaUs
      : this.#mediaUs + (this.#nowMs() - this.#sinceMs) * 1000 * this.#rate;
  }

  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    this.jump(this.timeUs);
    this.#rate = rate;
  }

  /** When a media time is due, milliseconds of the wall clock; undefined while it holds. */
  dueMs(timestampUs: number): number | undefined {
    return this.#sinceMs === undefined ? undefined : this.#sinceMs + (timestampUs - this.#mediaUs) / 1000 / this.#rate;
  }

  run(): void {
    this.#sinceMs ??= this.#nowMs();
  }

  hold(): void {
    this.#mediaUs = this.timeUs;
    this.#sinceMs = undefined;
  }

  /** Sets the media time; runs on from there if it ran. */
  jump(mediaUs: number): void {
    this.#mediaUs = mediaUs;
    if (this.#sinceMs !== undefined) this.#sinceMs = this.#nowMs();
  }
}
