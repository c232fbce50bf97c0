import type { Size } from '../core/geometry.js';
import { type ModelSource, type Tier, tiers } from '../core/model-source.js';
import type { ActiveTier } from './events.js';
import type { Want } from './preparation.js';
import { QualityGovernor } from './quality-governor.js';
import type { Settings } from './validate.js';

/** Tier of a governor's level; the cheapest for a level below it. */
function tierAt(level: number): Tier {
  return tiers[Math.max(0, level)] ?? tiers[0];
}

/** Which network is wanted: as the settings say, or with `auto` as the measured GPU times allow. */
export class Quality {
  #settings: Settings;
  #governor = new QualityGovernor(tiers.length);

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Other settings begin with a clean slate of measurements. */
  change(settings: Settings): void {
    if (settings.upscale !== this.#settings.upscale) this.#governor = new QualityGovernor(tiers.length);
    this.#settings = settings;
  }

  /** Frames of another size cost something else. */
  sizeChanged(): void {
    this.#governor.reset();
  }

  /** Lets time pass while the native video shows: an overloaded GPU is tried again after a while. */
  tick(nowMs: number): void {
    this.#governor.tick(nowMs);
  }

  /** Not even the cheapest tier is fast enough. What was forced or chosen by name is never bypassed. */
  get overBudget(): boolean {
    const { upscale } = this.#settings;
    return this.#automatic && upscale !== false && !upscale.force && this.#governor.level < 0;
  }

  get #automatic(): boolean {
    const { upscale } = this.#settings;
    return upscale !== false && upscale.quality === 'auto';
  }

  /** The network by name or files; undefined: none. */
  get network(): Tier | ModelSource | undefined {
    const { upscale } = this.#settings;
    if (upscale === false) return undefined;
    return upscale.quality === 'auto' ? tierAt(this.#governor.level) : upscale.quality;
  }

  want(size: Size, upscaling: boolean): Want {
    const { upscale } = this.#settings;
    const precision = upscale === false || upscale.precision === 'auto' ? undefined : upscale.precision;
    return { size, quality: upscaling ? this.network : undefined, precision };
  }

  /** Takes a measurement of a frame drawn with `tier`; one of a former tier says nothing of the wanted one. */
  sample(tier: ActiveTier, gpuMs: number, frameIntervalMs: number): void {
    if (this.#automatic && tier === this.network) this.#governor.sample(gpuMs, frameIntervalMs, performance.now());
  }

  /** The wanted tier cannot be had. Returns whether a cheaper one is wanted instead. */
  stepDown(): boolean {
    if (!this.#automatic || this.#governor.level <= 0) return false;
    this.#governor.forbid(this.#governor.level);
    return true;
  }
}
