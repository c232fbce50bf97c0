import type { ActiveTier } from '../api/events.js';

const windowMs = 1000;

/** Counts frames, and how many of them came in the last second. */
export class FrameCounters {
  shown = 0;
  dropped = 0;
  late = 0;
  bypassed = 0;
  readonly #byTier = new Map<ActiveTier, number>();
  /** Times of the frames shown in the last second, oldest first; as long as the highest frame rate. */
  readonly #timesMs: number[] = [];

  show(nowMs: number, expectedDisplayTimeMs: number | undefined, tier: ActiveTier): void {
    this.shown++;
    this.#byTier.set(tier, (this.#byTier.get(tier) ?? 0) + 1);
    if (expectedDisplayTimeMs !== undefined && nowMs > expectedDisplayTimeMs) this.late++;
    this.#timesMs.push(nowMs);
    this.#forget(nowMs);
  }

  /** Frames that were not drawn; `native`: the video itself shows them. */
  miss(count: number, native: boolean): void {
    if (native) this.bypassed += count;
    else this.dropped += count;
  }

  /** Frames shown with each network. */
  get byTier(): Readonly<Partial<Record<ActiveTier, number>>> {
    return Object.fromEntries(this.#byTier);
  }

  fps(nowMs: number): number {
    this.#forget(nowMs);
    return this.#timesMs.length;
  }

  #forget(nowMs: number): void {
    while (this.#timesMs.length > 0 && (this.#timesMs[0] ?? 0) <= nowMs - windowMs) this.#timesMs.shift();
  }
}
