import type Hls from 'hls.js';
import type { Fragment, Level, Part } from 'hls.js';
import { tiers } from '../../core/model-source.js';
import type { Enhanced } from '../../index.js';
import { SaverEvent, type SaverReason } from './events.js';
import { LevelCap } from './level-cap.js';
import type { SaverSettings } from './options.js';
import { bytesSaved, levelForBandwidth, levelToUpscale } from './saver-level.js';
import { type Going, SaverPolicy } from './saver-policy.js';

/** How saving goes. */
export interface SaverStats {
  /** A lower rendition is fetched than might be. */
  readonly saving: boolean;
  /** Index in `hls.levels` of the best level that is fetched meanwhile; undefined while not saving. */
  readonly level: number | undefined;
  /** Bytes of video fragments and parts since it was attached. */
  readonly bytesLoaded: number;
  /**
   * Bytes that were not fetched, by estimate: for each fragment loaded while saving, its bytes times the ratio of bitrates (the
   * manifest's `AVERAGE-BANDWIDTH`, else `BANDWIDTH`), less itself, of the level that hls.js's bandwidth estimate would have allowed and the
   * one that was loaded.
   */
  readonly bytesSaved: number;
}

const reasons = {
  well: 'nothing-to-save',
  idle: 'nothing-to-save',
  unknown: 'nothing-to-save',
  slow: 'over-budget',
  off: 'not-enhanced',
  manual: 'manual',
} as const satisfies Record<Going, SaverReason>;

/** Caps hls.js to the rendition that, upscaled, does for the display, as long as the GPU keeps up. */
export class Saver {
  readonly #hls: Hls;
  readonly #enhanced: Enhanced;
  readonly #settings: SaverSettings;
  readonly #target: Pick<EventTarget, 'dispatchEvent'>;
  readonly #cap: LevelCap;
  readonly #policy = new SaverPolicy();
  #level: number | undefined;
  #bytesLoaded = 0;
  #bytesSaved = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `target` gets the events. */
  constructor(
    hls: Hls,
    enhanced: Enhanced,
    settings: SaverSettings,
    target: Pick<EventTarget, 'dispatchEvent'>,
    signal: AbortSignal,
  ) {
    this.#hls = hls;
    this.#enhanced = enhanced;
    this.#settings = settings;
    this.#target = target;
    this.#cap = new LevelCap(hls);
    const { Events } = hls.constructor as typeof Hls; // Of the very build in use.
    const update = () => this.#update();
    const forget = () => this.#forget();
    const count = (_: unknown, { frag, part }: { frag: Fragment; part: Part | null }) => {
      this.#count(frag, part);
      this.#update();
    };
    for (const type of ['statechange', 'tier', 'fallback'] as const)
      enhanced.addEventListener(type, update, { signal });
    const changes = [Events.LEVELS_UPDATED, Events.MANIFEST_PARSED, Events.LEVEL_SWITCHING] as const;
    for (const change of changes) hls.on(change, update);
    hls.on(Events.MAX_AUTO_LEVEL_UPDATED, update);
    hls.on(Events.MANIFEST_LOADING, forget);
    hls.on(Events.FRAG_LOADED, count);
    signal.addEventListener('abort', () => {
      for (const change of changes) hls.off(change, update);
      hls.off(Events.MAX_AUTO_LEVEL_UPDATED, update);
      hls.off(Events.MANIFEST_LOADING, forget);
      hls.off(Events.FRAG_LOADED, count);
      clearTimeout(this.#timer);
      this.#level = undefined;
      this.#cap.set(undefined);
    });
    this.#update();
  }

  get stats(): SaverStats {
    const [level, bytes, saved] = [this.#level, this.#bytesLoaded, this.#bytesSaved];
    return { saving: level !== undefined, level, bytesLoaded: bytes, bytesSaved: saved };
  }

  #going(): Going {
    if (!this.#hls.autoLevelEnabled) return 'manual';
    const { state, why, stats } = this.#enhanced;
    const { tier, displaySize, sourceSize } = stats;
    if (state === 'starting') return 'unknown';
    if (state === 'bypassed') {
      if (why?.code === 'display-not-larger') return 'idle';
      return why?.code === 'over-budget' ? 'slow' : 'off';
    }
    if (state !== 'running') return 'off';
    // Drawn for the sake of prompts alone: as there is nothing to gain, or too slow.
    if (tier === 'none')
      return displaySize.width <= sourceSize.width && displaySize.height <= sourceSize.height ? 'idle' : 'slow';
    if (tier === 'custom') return 'well';
    return tiers.indexOf(tier) >= tiers.indexOf(this.#settings.minTier) ? 'well' : 'slow';
  }

  #update(): void {
    const { levels } = this.#hls;
    this.#cap.notice();
    const going = this.#going();
    const nowMs = performance.now();
    const wanted = this.#policy.see(going, nowMs);
    const top = this.#cap.theirs;
    const upscaled = wanted
      ? levelToUpscale(levels, top, this.#enhanced.stats.displaySize, this.#settings.factor)
      : undefined;
    const level = upscaled !== undefined && upscaled < top ? upscaled : undefined;
    this.#wake(nowMs);
    if (level === this.#level) {
      this.#cap.set(level);
      return;
    }
    this.#level = level;
    this.#cap.set(level);
    const { width = 0, height = 0 } = level === undefined ? {} : (levels[level] ?? {});
    const reason = level === undefined ? reasons[going] : 'affordable';
    const size = level === undefined ? undefined : { width, height };
    this.#target.dispatchEvent(new SaverEvent(level !== undefined, reason, level, size));
  }

  /** With a full buffer hls.js is silent for a while. */
  #wake(nowMs: number): void {
    clearTimeout(this.#timer);
    const { dueMs } = this.#policy;
    if (dueMs !== undefined) this.#timer = setTimeout(() => this.#update(), Math.max(0, dueMs - nowMs) + 1);
  }

  #forget(): void {
    this.#cap.forget();
    this.#policy.restart();
    this.#level = undefined;
  }

  #count(frag: Fragment, part: Part | null): void {
    if (frag.type !== 'main') return;
    const loaded = (part ?? frag).stats.loaded;
    this.#bytesLoaded += loaded;
    const { levels, bandwidthEstimate, config } = this.#hls;
    if (this.#level === undefined || frag.level > this.#level || Number.isNaN(bandwidthEstimate)) return;
    const wanted = levelForBandwidth(levels, {
      lowest: frag.level,
      top: this.#cap.theirs,
      bitsPerSecond: bandwidthEstimate * config.abrBandWidthUpFactor,
    });
    const bitrates = comparableBitrates(levels[frag.level], levels[wanted]);
    if (bitrates) this.#bytesSaved += bytesSaved(loaded, ...bitrates);
  }
}

/** Both of the same kind: the means where both are stated, else the peaks. */
function comparableBitrates(a: Level | undefined, b: Level | undefined): [number, number] | undefined {
  if (!a || !b) return undefined;
  const [meanA = Number.NaN, meanB = Number.NaN] = [a, b].map(({ attrs }) => attrs.decimalInteger('AVERAGE-BANDWIDTH'));
  return meanA > 0 && meanB > 0 ? [meanA, meanB] : [a.bitrate, b.bitrate];
}
