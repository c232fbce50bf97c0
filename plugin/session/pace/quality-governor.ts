import { TierCosts } from './tier-costs.js';

/** One drawn frame of the current tier, as the GPU and its queue saw it. */
export interface QueuedFrame {
  /** GPU time of our own work on it; undefined where this frame was not measured. */
  readonly ownMs: number | undefined;
  /** Milliseconds the queue was busy until this frame was done, with everybody's work: since its submit or the frame before it. */
  readonly busyMs: number;
  /** Frames of the source that this one stands for: 1, and those dropped before it because the queue was behind. */
  readonly frameCount: number;
  readonly intervalMs: number;
  readonly nowMs: number;
}

/** How the governor decides; all times in milliseconds. */
export const governorRules = {
  /** Part of the frame interval our own work may take; the rest is the page's, the browser's and headroom. */
  ownFraction: 0.6,
  /** Part of the frame interval the queue may be busy with everybody's work: beyond it frames fall behind. */
  queueFraction: 0.9,
  /** Going up needs the predicted times below this part of the budget, so that it does not come straight down again. */
  headroom: 0.8,
  /** So much time over budget, added up, means down: soon when far over, late when barely, at any frame rate. */
  lateMs: 200,
  /** The same in frame intervals, where those are long: one stalled frame is never enough. */
  lateIntervals: 6,
  /** A frame counts for no more than this many intervals over budget. */
  worstFrame: 2,
  /** A frame the queue has not finished by then is reason enough to go down: no more may come back from it for long. */
  stalledMs: 1000,
  /** The same for the first frames of a tier. */
  coldStalledMs: 4000,
  /** Frames of a tier that do not count: the first ones meet a cold driver. */
  warmFrames: 2,
  /** A dearer tier must fit for this long first, and for so many intervals; doubles with every time it turned out too slow soon after. */
  riseMs: 1000,
  riseIntervals: 12,
  longestRiseMs: 64_000,
  /** A tier too slow sooner than this after it was taken up, or than so many times its wait, has failed; later, the load has changed. */
  shakyMs: 30_000,
  shakyWaits: 8,
  /** What others do to the queue is averaged over about this time. */
  loadMs: 500,
  /** The cheapest tier is tried again after this long without evidence; doubles with every failure. */
  retryMs: 10_000,
  longestRetryMs: 160_000,
} as const;

/**
 * Chooses a tier from measured GPU times: down soon and straight to what fits, up after a while, out altogether when even the cheapest
 * is too slow. It tells our own work (timestamps) from everybody's (the queue), so that it comes back as soon as a load of others goes.
 * Pure: time comes in by argument.
 */
export class QualityGovernor {
  readonly #tierCount: number;
  readonly #lowest: number;
  readonly #costs: TierCosts;
  /** Part of the frame interval our own work may take: less where others have a right to as much. */
  ownFraction: number = governorRules.ownFraction;
  /** Index of the tier in use; -1: none, the native video shows. */
  #level = 0;
  /** Time over budget that has come together. */
  #lateMs = 0;
  /** What others did in the frames it came together in. */
  readonly #lateOthersMs: number[] = [];
  /** What others keep the queue busy with in a frame interval. */
  #othersMs: number | undefined;
  #framesToSkip: number = governorRules.warmFrames;
  #enteredMs = Number.NEGATIVE_INFINITY;
  readonly #forbidden = new Set<number>();
  readonly #failures: number[] = [];
  /** Since when each tier has fitted the budget. */
  readonly #fitsSinceMs: (number | undefined)[] = [];

  /** `canLeave`: the native video may show where even the cheapest tier is too slow. */
  constructor(tierCount: number, canLeave = true) {
    this.#tierCount = tierCount;
    this.#lowest = canLeave ? -1 : 0;
    this.#costs = new TierCosts(tierCount);
  }

  get level(): number {
    return this.#level;
  }

  /** What a frame of this level takes, milliseconds; 0 where none is drawn or nothing is known. */
  get ownMs(): number {
    return this.#level < 0 ? 0 : (this.#costs.predictMs(this.#level) ?? 0);
  }

  /** Frames are late: the more of them are measured, the better it can tell why. */
  get late(): boolean {
    return this.#lateMs > 0;
  }

  /** Takes a drawn frame of the current tier. Returns the level from now on. */
  frame(frame: QueuedFrame): number {
    if (this.#level < 0) return this.#level;
    const { ownMs, busyMs, frameCount, intervalMs, nowMs } = frame;
    if (ownMs !== undefined) this.#costs.add(ownMs);
    if (this.#framesToSkip > 0) {
      this.#framesToSkip--;
      return this.#level;
    }
    const othersMs = (own: number) => Math.max(0, busyMs - own) / frameCount;
    const usualMs = this.#costs.ownMs;
    if (usualMs !== undefined) this.#learnOthers(othersMs(usualMs), intervalMs, intervalMs * frameCount);
    this.#addLateness(frame, ownMs === undefined ? undefined : othersMs(ownMs));
    const { lateMs, lateIntervals } = governorRules;
    if (this.#lateMs >= Math.max(lateMs, lateIntervals * intervalMs)) this.#fall(intervalMs, nowMs);
    // Where frames are dropped there is no room for more.
    else if (frameCount > 1) this.#fitsSinceMs.length = 0;
    else if (this.#costs.settled) this.#rise(intervalMs, nowMs);
    return this.#level;
  }

  /** Takes that a frame had to be dropped because an earlier one has been in the queue for so long. Returns the level from now on. */
  stalled(waitedMs: number, intervalMs: number, nowMs: number): number {
    const { stalledMs, coldStalledMs, lateIntervals } = governorRules;
    const patienceMs = Math.max(this.#framesToSkip > 0 ? coldStalledMs : stalledMs, lateIntervals * intervalMs);
    if (this.#level < 0 || waitedMs < patienceMs) return this.#level;
    this.#learnOthers(waitedMs, intervalMs, waitedMs);
    this.#fall(intervalMs, nowMs);
    return this.#level;
  }

  /**
   * While the native video shows: takes how long the queue kept us waiting though we gave it nothing (`waitMs`, undefined where nobody
   * has looked). Returns the level from now on.
   */
  idle(waitMs: number | undefined, intervalMs: number, nowMs: number): number {
    if (this.#level >= 0) return this.#level;
    if (waitMs !== undefined) this.#learnOthers(waitMs, intervalMs, governorRules.loadMs / 2);
    const { retryMs, longestRetryMs } = governorRules;
    const waitedMs = nowMs - this.#enteredMs;
    if (waitMs !== undefined) this.#rise(intervalMs, nowMs);
    if (this.#level < 0 && waitedMs >= Math.min(longestRetryMs, retryMs * 2 ** (this.#failureCount(0) - 1)))
      this.#moveTo(0, nowMs);
    return this.#level;
  }

  /** This level cannot be had (its stage failed): one down, and never again. */
  forbid(level: number, nowMs: number): void {
    this.#forbidden.add(level);
    if (this.#level === level) this.#moveTo(Math.max(this.#lowest, level - 1), nowMs);
  }

  /** Frames of another size cost something else: what was measured no longer counts. */
  reset(): void {
    this.#costs.forget();
    this.#startOver();
    this.#level = Math.max(0, this.#level);
  }

  #learnOthers(othersMs: number, intervalMs: number, spanMs: number): void {
    const { worstFrame, loadMs } = governorRules;
    const bounded = Math.min(othersMs, (1 + worstFrame) * intervalMs);
    const weight = 1 - Math.exp(-spanMs / loadMs);
    this.#othersMs = this.#othersMs === undefined ? bounded : this.#othersMs + weight * (bounded - this.#othersMs);
  }

  /**
   * A running sum that good frames pay back: it grows where the average is over budget, and only there. A frame that others had to be dropped for is no
   * good one, however soon it was done: it met an empty queue because it waited for that.
   */
  #addLateness({ busyMs, frameCount, intervalMs }: QueuedFrame, othersMs: number | undefined): void {
    const { queueFraction, worstFrame } = governorRules;
    const ownMs = this.#costs.ownMs ?? 0;
    const over = Math.max(busyMs / queueFraction, ownMs > 0 ? ownMs / this.ownFraction : 0) - intervalMs;
    const atLeast = frameCount > 1 ? 0 : Number.NEGATIVE_INFINITY;
    this.#lateMs = Math.max(0, this.#lateMs + Math.max(atLeast, Math.min(over, worstFrame * intervalMs)));
    if (this.#lateMs === 0) this.#lateOthersMs.length = 0;
    else if (othersMs !== undefined) this.#lateOthersMs.push(othersMs);
  }

  #fits(level: number, intervalMs: number, headroom: number): boolean {
    const { queueFraction } = governorRules;
    const ms = this.#costs.predictMs(level);
    if (ms === undefined) return false;
    const budgetMs = intervalMs * headroom;
    return ms <= budgetMs * this.ownFraction && ms + (this.#othersMs ?? 0) <= budgetMs * queueFraction;
  }

  /** Down to the dearest tier that fits by what is known, but past the cheapest only when that one itself was too slow. */
  #fall(intervalMs: number, nowMs: number): void {
    const level = this.#level;
    const { shakyMs, shakyWaits } = governorRules;
    const shaky = nowMs - this.#enteredMs < Math.max(shakyMs, shakyWaits * this.#riseMs(level, intervalMs));
    this.#failures[level] = Math.max(1, this.#failureCount(level) + (shaky ? 1 : -1));
    // The average still remembers the time before the load, and took ours for theirs if it was ours that grew.
    const late = this.#lateOthersMs;
    if (late.length > 0) this.#othersMs = late.reduce((sum, ms) => sum + ms, 0) / late.length;
    let next = level - 1;
    while (next > 0 && !this.#fits(next, intervalMs, 1)) next--;
    if (next < this.#lowest) this.#startOver();
    else this.#moveTo(next, nowMs);
  }

  /** Up to the dearest tier that has fitted for long enough. */
  #rise(intervalMs: number, nowMs: number): void {
    let best = this.#level;
    for (let level = this.#level + 1; level < this.#tierCount; level++) {
      if (this.#forbidden.has(level) || !this.#fits(level, intervalMs, governorRules.headroom)) {
        this.#fitsSinceMs[level] = undefined;
        continue;
      }
      const sinceMs = this.#fitsSinceMs[level] ?? nowMs;
      this.#fitsSinceMs[level] = sinceMs;
      if (nowMs - sinceMs >= this.#riseMs(level, intervalMs)) best = level;
    }
    if (best > this.#level) this.#moveTo(best, nowMs);
  }

  /** How long a tier must have fitted before it is taken up. The first failure is free: it taught what the tier costs. */
  #riseMs(level: number, intervalMs: number): number {
    const { riseMs, riseIntervals, longestRiseMs } = governorRules;
    const firstMs = Math.max(riseMs, riseIntervals * intervalMs);
    return Math.min(longestRiseMs, firstMs * 2 ** Math.max(0, this.#failureCount(level) - 1));
  }

  #failureCount(level: number): number {
    return this.#failures[level] ?? 0;
  }

  #moveTo(level: number, nowMs: number): void {
    // Out, nothing is measured: the cheapest tier's last times are the best there is.
    if (level >= 0) this.#costs.enter(level);
    this.#level = level;
    this.#enteredMs = nowMs;
    this.#startOver();
  }

  #startOver(): void {
    this.#lateMs = 0;
    this.#lateOthersMs.length = 0;
    this.#framesToSkip = governorRules.warmFrames;
    this.#fitsSinceMs.length = 0;
  }
}
