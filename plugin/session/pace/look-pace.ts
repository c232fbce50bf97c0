/** The GPU may spend this share of its time on looks, everybody's, as far as the answer time tells. */
const mostShare = 0.5;
/** Late frames slow looks down to this interval at most; slower only where a single look takes so long. */
const slowestMs = 2000;
const slower = 1.5;
const recovery = 0.9;
/** Weight of the newest answer time. */
const newest = 0.3;

/** When the next look may begin: as often as wanted, less often where looks are slow or the display runs late beside them. */
export class LookPace {
  #answerMs: number | undefined;
  #slowdown = 1;
  #beganMs = Number.NEGATIVE_INFINITY;
  #wasLate = false;

  /** Smoothed milliseconds from the begin of a look to its answer; undefined before the first. */
  get answerMs(): number | undefined {
    return this.#answerMs;
  }

  /** So many sessions look at frames on one device. */
  sharers = 1;

  /** From one look to the next, milliseconds. */
  intervalMs(rateHz: number): number {
    const wantedMs = 1000 / rateHz;
    return Math.max(
      wantedMs,
      ((this.#answerMs ?? 0) / mostShare) * this.sharers,
      Math.min(wantedMs * this.#slowdown, slowestMs),
    );
  }

  /** How long until a look may begin, milliseconds; 0: now. */
  waitMs(nowMs: number, rateHz: number): number {
    return Math.max(0, this.#beganMs + this.intervalMs(rateHz) - nowMs);
  }

  began(nowMs: number): void {
    this.#beganMs = nowMs;
    this.#wasLate = false;
  }

  /** A frame was dropped while a look was under way. */
  late(): void {
    this.#wasLate = true;
  }

  answered(nowMs: number): void {
    const answerMs = nowMs - this.#beganMs;
    this.#answerMs = this.#answerMs === undefined ? answerMs : this.#answerMs + newest * (answerMs - this.#answerMs);
    this.#slowdown = this.#wasLate ? this.#slowdown * slower : Math.max(1, this.#slowdown * recovery);
    this.#slowdown = Math.min(this.#slowdown, slowestMs);
  }

  /** Another size or model: what was measured says nothing, and the next look need not wait. */
  forget(): void {
    this.#answerMs = undefined;
    this.#beganMs = Number.NEGATIVE_INFINITY;
    this.#slowdown = 1;
  }
}
