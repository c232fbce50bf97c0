/** What speaks for or against fetching less and upscaling it. All times in milliseconds. */
export const saverRules = {
  /** Enhancing must have gone well for so long first. */
  settleMs: 2000,
  /** After the GPU was too slow for it, so long without another try; doubles with every failure. */
  holdMs: 30_000,
  longestHoldMs: 480_000,
  /** Too slow later than this after it began: the load has changed, and it counts as the first failure. */
  shakyMs: 120_000,
} as const;

/**
 * How enhancing goes:
 * - `well`: frames are upscaled within the budget.
 * - `idle`: there is nothing to gain at the rendition that plays, and nothing against upscaling a lower one.
 * - `unknown`: it is about to show.
 * - `slow`: the GPU does not keep up.
 * - `off`: the native picture shows for another reason.
 * - `manual`: the page has chosen a level itself.
 */
export type Going = 'well' | 'idle' | 'unknown' | 'slow' | 'off' | 'manual';

/** When to fetch less. Pure: time comes in by argument. */
export class SaverPolicy {
  #saving = false;
  #wellSinceMs: number | undefined;
  #beganMs = 0;
  #failures = 0;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  get saving(): boolean {
    return this.#saving;
  }

  /** When it is worth asking again though nothing has happened; undefined: only a change matters. */
  get dueMs(): number | undefined {
    if (this.#saving || this.#wellSinceMs === undefined) return undefined;
    return Math.max(this.#wellSinceMs + saverRules.settleMs, this.#heldUntilMs);
  }

  /** Takes how it goes now. Returns whether to fetch less from now on. */
  see(going: Going, nowMs: number): boolean {
    if (going === 'unknown') return this.#saving;
    if (going === 'well' || going === 'idle') this.#wellSinceMs ??= nowMs;
    else this.#wellSinceMs = undefined;
    if (this.#saving && this.#wellSinceMs === undefined) this.#stop(going === 'slow', nowMs);
    else if (!this.#saving && this.dueMs !== undefined && nowMs >= this.dueMs) {
      this.#saving = true;
      this.#beganMs = nowMs;
    }
    return this.#saving;
  }

  /** Another manifest: its levels are others, the GPU is not. */
  restart(): void {
    this.#saving = false;
    this.#wellSinceMs = undefined;
  }

  #stop(slow: boolean, nowMs: number): void {
    this.#saving = false;
    if (!slow) return;
    const { holdMs, longestHoldMs, shakyMs } = saverRules;
    this.#failures = nowMs - this.#beganMs < shakyMs ? this.#failures + 1 : 1;
    this.#heldUntilMs = nowMs + Math.min(longestHoldMs, holdMs * 2 ** (this.#failures - 1));
  }
}
