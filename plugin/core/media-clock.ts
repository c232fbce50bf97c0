/** Farther from a clock that leads, microseconds, is a jump of that clock's. */
const farUs = 100_000;
/** The share of the distance to it that is made up at a time: reading it is uneven, and no frame shall be late by that. */
const followShare = 0.1;

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

  /** Comes nearer to a clock that leads, whose media time is `leadUs`, microseconds. Called again and again. */
  follow(leadUs: number): void {
    const distanceUs = leadUs - this.timeUs;
    this.jump(Math.abs(distanceUs) > farUs ? leadUs : this.timeUs + distanceUs * followShare);
  }
}
