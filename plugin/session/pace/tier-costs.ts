/** Samples of the current tier that count: few, so that a changed load shows soon; a median, so that one stall does not. */
const keptSamples = 3;
/** Assumed cost of a tier over the one below it, until both have been measured. */
const assumedRatio = 4;
/** A tier measured as cheaper than the one below it, or as hundreds of times dearer, was measured under another load. */
const smallestRatio = 1.2;
const largestRatio = 64;

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/**
 * What each tier costs on the GPU: the current one by measurement, the others by what they cost relative to it when both were seen
 * one right after the other, so that a slower or faster GPU moves all of them.
 */
export class TierCosts {
  readonly #tierCount: number;
  readonly #samplesMs: number[] = [];
  /** Cost of each tier relative to the cheapest. */
  readonly #relative: number[];
  readonly #measured = new Set<number>();
  #level = 0;
  /** The first measurement of a tier has the driver's last compilation in it. */
  #warming = true;
  /** The tier before this one and its cost, until this one's is known well enough to compare. */
  #former: { readonly level: number; readonly ms: number } | undefined;

  constructor(tierCount: number) {
    this.#tierCount = tierCount;
    this.#relative = Array.from({ length: tierCount }, (_, level) => assumedRatio ** level);
  }

  /** Milliseconds of the current tier; undefined before it was measured. */
  get ownMs(): number | undefined {
    return median(this.#samplesMs);
  }

  /** Enough is known to judge dearer tiers by. */
  get settled(): boolean {
    return this.#samplesMs.length >= keptSamples;
  }

  add(gpuMs: number): void {
    if (this.#warming) {
      this.#warming = false;
      return;
    }
    this.#samplesMs.push(gpuMs);
    if (this.#samplesMs.length > keptSamples) this.#samplesMs.shift();
    if (this.settled) this.#compare();
  }

  /** From now on samples are of another tier. */
  enter(level: number): void {
    const ms = this.ownMs;
    if (ms !== undefined) this.#former = { level: this.#level, ms };
    this.#level = level;
    this.#samplesMs.length = 0;
    this.#warming = true;
  }

  /** Frames of another size: times say nothing any more, ratios still do. */
  forget(): void {
    this.#samplesMs.length = 0;
    this.#former = undefined;
    this.#warming = true;
  }

  /** Milliseconds a tier would take now; undefined before anything was measured. */
  predictMs(level: number): number | undefined {
    const own = this.ownMs;
    const from = own === undefined ? this.#former : { level: this.#level, ms: own };
    return from && (from.ms * this.#of(level)) / this.#of(from.level);
  }

  #of(level: number): number {
    return this.#relative[level] ?? 1;
  }

  /** Sets the dearer of the two against the cheaper; tiers above that were never measured move along. */
  #compare(): void {
    const [former, own] = [this.#former, this.ownMs];
    this.#former = undefined;
    if (!former || former.level === this.#level || own === undefined) return;
    const up = this.#level > former.level;
    const [high, low] = up ? [this.#level, former.level] : [former.level, this.#level];
    const ratio = up ? own / former.ms : former.ms / own;
    const steps = high - low;
    this.#relative[high] = this.#of(low) * Math.min(Math.max(ratio, smallestRatio ** steps), largestRatio ** steps);
    this.#measured.add(high);
    for (let level = high + 1; level < this.#tierCount && !this.#measured.has(level); level++)
      this.#relative[level] = this.#of(level - 1) * assumedRatio;
  }
}
