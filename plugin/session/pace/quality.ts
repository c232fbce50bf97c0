import type { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { type ModelSource, type Tier, tiers } from '../../core/model-source.js';
import type { Settings } from '../api/validate.js';
import type { FrameCost } from '../draw/drawing.js';
import type { FrameRenderer } from '../draw/frame-renderer.js';
import type { Want } from '../draw/preparation.js';
import { DeviceShare, type ShareMember } from './device-share.js';
import { QualityGovernor } from './quality-governor.js';

/** Tier of a governor's level; the cheapest for a level below it. */
function tierAt(level: number): Tier {
  return tiers[Math.max(0, level)] ?? tiers[0];
}

/** What is forced is never given up. */
function governorFor({ upscale }: Settings, tierCount: number): QualityGovernor {
  return new QualityGovernor(tierCount, !(upscale !== false && upscale.force));
}

/** Tiers that WebGL has, cheapest first. */
const webGlTierCount = 1;

/** Which network is wanted: as the settings say, or with `auto` as the measured GPU times allow. */
export class Quality {
  readonly #frameIntervalMs: () => number | undefined;
  #settings: Settings;
  /** The first so many tiers can be had. */
  #tierCount: number = tiers.length;
  #governor: QualityGovernor;
  #renderer: Pick<FrameRenderer, 'kind' | 'unfit'> | undefined;
  #share: { readonly of: DeviceShare; readonly member: ShareMember } | undefined;

  /** `frameIntervalMs`: of the source; nothing is judged before it is known. */
  constructor(settings: Settings, frameIntervalMs: () => number | undefined) {
    this.#settings = settings;
    this.#frameIntervalMs = frameIntervalMs;
    this.#governor = governorFor(settings, this.#tierCount);
  }

  /** Pixels of the picture a pixel of the source. It does not depend on the tier: all of them double. */
  get pictureScale(): number {
    return this.settings.upscale === false ? 1 : 2;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Keeps to what a renderer has. `alone`: nothing else shows the picture, so that it draws although it is unfit for networks. */
  limit(renderer: Pick<FrameRenderer, 'kind' | 'unfit'>, alone: boolean): void {
    this.#renderer = alone ? renderer : undefined;
    if (renderer.kind !== 'webgl' || this.#tierCount === webGlTierCount) return;
    this.#tierCount = webGlTierCount;
    this.#governor = governorFor(this.#settings, this.#tierCount);
  }

  /** Why frames are drawn without the network that is wanted; undefined where they are not. */
  get declined(): VitreousError | undefined {
    const { upscale } = this.#settings;
    if (upscale === false || !this.#renderer) return undefined;
    const { kind, unfit } = this.#renderer;
    return upscale.force && kind !== '2d' ? undefined : unfit;
  }

  /** The tier by name that cannot be had here, where one is wanted. */
  get missingTier(): Tier | undefined {
    const { upscale } = this.#settings;
    if (upscale === false || upscale.quality === 'auto' || typeof upscale.quality !== 'string') return undefined;
    return tiers.indexOf(upscale.quality) < this.#tierCount ? undefined : upscale.quality;
  }

  /** Another choice of network begins with a clean slate of measurements. */
  change(settings: Settings): void {
    const [before, after] = [this.#settings.upscale, settings.upscale];
    const same =
      before === after ||
      (before !== false &&
        after !== false &&
        (['quality', 'force', 'precision', 'adaptive'] as const).every((key) => before[key] === after[key]));
    this.#settings = settings;
    if (!same) this.#governor = governorFor(settings, this.#tierCount);
  }

  /** Frames of another size cost something else. */
  sizeChanged(): void {
    this.#governor.reset();
  }

  /** Frames are late: each of them is worth measuring. */
  get late(): boolean {
    return this.#automatic && this.#governor.late;
  }

  /**
   * Lets time pass while the native video shows: an overloaded GPU is tried again after a while, or when its queue (`waitMs`) shows that
   * the load has gone.
   */
  idle(waitMs?: number): void {
    const intervalMs = this.#frameIntervalMs();
    if (intervalMs === undefined) return;
    const nowMs = performance.now();
    this.#governor.idle(waitMs, intervalMs, nowMs);
    if (waitMs !== undefined) this.#report(waitMs, intervalMs, nowMs);
  }

  /** A frame has come that is to be drawn, or would be if the GPU were fast enough: on this device, or in WebGL. */
  frameCame(device: object | undefined): void {
    const [intervalMs, nowMs] = [this.#frameIntervalMs(), performance.now()];
    // What is chosen by name takes what it takes; the others see it as a load.
    if (!this.#automatic) this.leave();
    if (!this.#automatic || intervalMs === undefined) return;
    const of = DeviceShare.of(device, 'frames');
    if (this.#share?.of !== of) {
      this.leave();
      this.#share = { of, member: of.join() };
    }
    this.#share.member.frame(nowMs, intervalMs);
    this.#governor.ownFraction = this.#share.member.fraction(nowMs);
  }

  /** Nothing is drawn here any more: the device's time is for others. */
  leave(): void {
    this.#share?.member.leave();
    this.#share = undefined;
  }

  #report(othersMs: number, intervalMs: number, nowMs: number): void {
    this.#share?.member.report({ nowMs, intervalMs, othersMs, ownMs: this.#governor.ownMs });
  }

  /** Not even the cheapest tier is fast enough. What was forced or chosen by name is never bypassed. */
  get overBudget(): boolean {
    const { upscale } = this.#settings;
    return upscale !== false && !this.declined && this.#automatic && this.#governor.level < 0;
  }

  get #automatic(): boolean {
    const { upscale } = this.#settings;
    return upscale !== false && upscale.quality === 'auto';
  }

  /** The network by name or files; undefined: none is wanted, or fit to run. */
  get network(): Tier | ModelSource | undefined {
    const { upscale } = this.#settings;
    if (upscale === false || this.declined) return undefined;
    if (upscale.quality === 'auto') return tierAt(this.#governor.level);
    return this.missingTier ? tierAt(this.#tierCount - 1) : upscale.quality;
  }

  want(size: Size, upscaling: boolean): Want {
    const { upscale } = this.#settings;
    const precision = upscale === false || upscale.precision === 'auto' ? undefined : upscale.precision;
    const adaptive = upscale !== false && upscale.adaptive;
    return { size, quality: upscaling ? this.network : undefined, precision, adaptive };
  }

  /** Takes what a drawn frame cost; one of a former tier says nothing of the wanted one. */
  frame({ tier, ...cost }: FrameCost): void {
    const intervalMs = this.#frameIntervalMs();
    if (intervalMs === undefined || !this.#automatic || tier !== this.network) return;
    const [nowMs, othersMs] = [performance.now(), Math.max(0, cost.busyMs - this.#governor.ownMs) / cost.frameCount];
    this.#governor.frame({ ...cost, intervalMs, nowMs });
    this.#report(othersMs, intervalMs, nowMs);
  }

  /** Takes that a frame had to be dropped because the queue has not answered for so long. */
  behind(waitedMs: number): void {
    const intervalMs = this.#frameIntervalMs();
    if (intervalMs !== undefined && this.#automatic) this.#governor.stalled(waitedMs, intervalMs, performance.now());
  }

  /** The wanted tier cannot be had. Returns whether a cheaper one is wanted instead. */
  stepDown(): boolean {
    if (!this.#automatic || this.#governor.level <= 0) return false;
    this.#governor.forbid(this.#governor.level, performance.now());
    return true;
  }
}
