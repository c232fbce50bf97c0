/** How the governor decides; all times in milliseconds. */
export interface GovernorOptions {
  /** Part of the frame interval the GPU may be busy with us; the rest is the page's, the browser's and headroom. */
  readonly budgetFraction: number;
  /** Going up needs the predicted time below this part of the budget, so that it does not come straight down again. */
  readonly headroom: number;
  /** Samples over budget in a row before going down: few, as every one of them is a late frame. */
  readonly samplesDown: number;
  /** Samples with headroom in a row before going up: many. */
  readonly samplesUp: number;
  /** Assumed cost of the next tier over this one before it has been measured. */
  readonly assumedRatio: number;
  /** First wait before trying again what was too slow; doubles with every failure. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
}

export const governorDefaults: GovernorOptions = {
  budgetFraction: 0.6,
  headroom: 0.8,
  samplesDown: 3,
  samplesUp: 12,
  assumedRatio: 4,
  retryMs: 10_000,
  longestRetryMs: 160_000,
};

/**
 * Chooses a tier from measured GPU times: down fast, up slowly, and out altogether when even the cheapest is too slow. Pure: time
 * comes in by argument.
 */
export class QualityGovernor {
  readonly #tierCount: number;
  readonly #options: GovernorOptions;
  /** Index of the tier in use; -1: none, the native video shows. */
  #level = 0;
  #over = 0;
  #under = 0;
  /** The first sample of a tier has the driver's last compilation in it. */
  #warming = true;
  readonly #measuredMs: (number | undefined)[] = [];
  readonly #failures: number[] = [];
  readonly #retryAtMs: number[] = [];

  constructor(tierCount: number, options: GovernorOptions = governorDefaults) {
    this.#tierCount = tierCount;
    this.#options = options;
  }

  get level(): number {
    return this.#level;
  }

  /** Takes the GPU time of one frame. Returns the level from now on. */
  sample(gpuMs: number, frameIntervalMs: number, nowMs: number): number {
    if (this.#level < 0) return this.#level;
    if (this.#warming) {
      this.#warming = false;
      return this.#level;
    }
    this.#remember(gpuMs);
    const budgetMs = frameIntervalMs * this.#options.budgetFraction;
    this.#over = gpuMs > budgetMs ? this.#over + 1 : 0;
    this.#under = this.#predictUpMs(gpuMs) < budgetMs * this.#options.headroom ? this.#under + 1 : 0;
    if (this.#over >= this.#options.samplesDown) this.#giveUp(nowMs);
    else if (this.#under >= this.#options.samplesUp && this.#mayTry(this.#level + 1, nowMs))
      this.#moveTo(this.#level + 1);
    return this.#level;
  }

  /** While the native video shows: whether it is time to try the cheapest tier again. Returns the level from now on. */
  tick(nowMs: number): number {
    if (this.#level < 0 && this.#mayTry(0, nowMs)) this.#moveTo(0);
    return this.#level;
  }

  /** This level cannot be had (its stage failed): one down, and never again. */
  forbid(level: number): void {
    this.#retryAtMs[level] = Number.POSITIVE_INFINITY;
    if (this.#level === level) this.#moveTo(level - 1);
  }

  /** Frames of another size cost something else: what was measured no longer counts. */
  reset(): void {
    this.#measuredMs.length = 0;
    this.#moveTo(Math.max(0, this.#level));
  }

  #remember(gpuMs: number): void {
    const before = this.#measuredMs[this.#level];
    this.#measuredMs[this.#level] = before === undefined ? gpuMs : before + 0.25 * (gpuMs - before);
  }

  #predictUpMs(gpuMs: number): number {
    const own = this.#measuredMs[this.#level];
    const upper = this.#measuredMs[this.#level + 1];
    // What the upper tier took, scaled by how much slower or faster the machine is now.
    const ratio = own !== undefined && own > 0 && upper !== undefined ? upper / own : this.#options.assumedRatio;
    return gpuMs * ratio;
  }

  #giveUp(nowMs: number): void {
    const level = this.#level;
    const failures = this.#failures[level] ?? 0;
    const waitMs = Math.min(this.#options.longestRetryMs, this.#options.retryMs * 2 ** failures);
    this.#failures[level] = failures + 1;
    this.#retryAtMs[level] = nowMs + waitMs;
    this.#moveTo(level - 1);
  }

  #mayTry(level: number, nowMs: number): boolean {
    return level < this.#tierCount && nowMs >= (this.#retryAtMs[level] ?? 0);
  }

  #moveTo(level: number): void {
    this.#level = level;
    this.#over = 0;
    this.#under = 0;
    this.#warming = true;
  }
}
