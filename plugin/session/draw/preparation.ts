import { asVitreousError, type VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { sameSize } from '../../core/geometry.js';
import type { ModelSource, Tier } from '../../core/model-source.js';
import type { UpscalePrecision } from '../../upscale/precision.js';
import type { ActiveTier } from '../api/events.js';
import { Foreseen } from './foreseen.js';
import type { FrameRenderer, RigSpec } from './frame-renderer.js';
import type { Models } from './models.js';

/** What frames should be drawn with. */
export interface Want {
  readonly size: Size;
  /** Undefined: no upscaling. */
  readonly quality: Tier | ModelSource | undefined;
  readonly precision: UpscalePrecision | undefined;
  readonly adaptive: boolean;
}

/** `ready`: as wanted; `usable`: these frames can be drawn with the former model meanwhile; `pending`: not yet. */
export type Standing = 'ready' | 'usable' | 'pending' | 'failed';

function keyOf({ size, quality, precision, adaptive }: Want): string {
  const model = typeof quality === 'object' ? String(quality.manifestUrl) : (quality ?? 'none');
  return `${size.width}x${size.height} ${model} ${precision ?? 'auto'} ${adaptive ? 'adaptive' : 'whole'}`;
}

/**
 * Gets a renderer ready for what is wanted, one thing at a time; the newest wish wins, and a failure is not repeated. Beside it, what
 * frames of another size will need can be foreseen.
 */
export class Preparation {
  readonly #models: Models;
  readonly #onSettled: () => void;
  #running: { readonly key: string; readonly controller: AbortController } | undefined;
  #ready: { readonly key: string; readonly renderer: FrameRenderer } | undefined;
  #failed: { readonly key: string; readonly error: VitreousError } | undefined;
  #foreseen: Foreseen | undefined;
  #tier: ActiveTier = 'none';

  /** `onSettled` is called when a preparation has ended, well or not, but not when it was replaced. */
  constructor(models: Models, onSettled: () => void) {
    this.#models = models;
    this.#onSettled = onSettled;
  }

  /** The network that stands ready. */
  get tier(): ActiveTier {
    return this.#tier;
  }

  /** Why this can't be had; undefined if it hasn't been tried. */
  failure(want: Want): VitreousError | undefined {
    return this.#failed?.key === keyOf(want) ? this.#failed.error : undefined;
  }

  /** What could not be had may be had by now: a network is back. */
  retry(): void {
    this.#failed = undefined;
  }

  /** Says how it stands, and starts preparing if nobody has. */
  request(renderer: FrameRenderer, want: Want): Standing {
    const key = keyOf(want);
    if (!sameSize(renderer.spec?.size, want.size)) this.#takeForeseen(renderer, want.size);
    if (this.#ready?.key === key && this.#ready.renderer === renderer) {
      this.#running?.controller.abort();
      this.#running = undefined;
      return 'ready';
    }
    const usable = sameSize(renderer.spec?.size, want.size);
    if (this.#failed?.key === key) return 'failed';
    if (this.#running?.key !== key) this.#start(renderer, want, key);
    return usable ? 'usable' : 'pending';
  }

  /**
   * Builds what frames of another size will need while the former ones are drawn: `request` takes it over at once when they come. Replaces
   * what was foreseen before. Resolves to whether it stands; false where it was dropped, or cannot be had.
   */
  foresee(renderer: FrameRenderer, want: Want): Promise<boolean> {
    const key = keyOf(want);
    if (this.#foreseen?.key === key && this.#foreseen.renderer === renderer) return this.#foreseen.done;
    this.dropForeseen();
    if (!renderer.foresee) return Promise.resolve(false);
    const foreseen = new Foreseen(key, want.size, renderer, (signal) =>
      this.#open(want, renderer.kind, signal, async (spec) => renderer.foresee?.(spec, signal)),
    );
    this.#foreseen = foreseen;
    return foreseen.done;
  }

  dropForeseen(): void {
    this.#foreseen?.drop();
    this.#foreseen = undefined;
  }

  /** Whatever its network: a picture of these frames at once is worth more than the one that is wanted by now. */
  #takeForeseen(renderer: FrameRenderer, size: Size): void {
    const foreseen = this.#foreseen;
    if (foreseen?.tier === undefined || foreseen.renderer !== renderer || !sameSize(foreseen.size, size)) return;
    if (!renderer.takeForeseen?.()) return;
    this.#foreseen = undefined;
    this.#ready = { key: foreseen.key, renderer };
    this.#tier = foreseen.tier;
  }

  #start(renderer: FrameRenderer, want: Want, key: string): void {
    this.#running?.controller.abort();
    const controller = new AbortController();
    this.#running = { key, controller };
    const { signal } = controller;
    this.#open(want, renderer.kind, signal, (spec) => renderer.prepare(spec, signal)).then(
      (tier) => {
        // Whoever wants something else by now: this is what the renderer holds.
        this.#ready = { key, renderer };
        if (controller.signal.aborted) return;
        this.#failed = undefined;
        this.#tier = tier;
        this.#settle(controller);
      },
      (thrown) => {
        if (controller.signal.aborted) return;
        const error = asVitreousError(thrown, {
          code: 'stage-failed',
          stage: 'session',
          found: String(thrown),
          expected: 'stages that can be prepared',
          fix: 'Report this with the adapter info; the native video plays on.',
        });
        this.#failed = { key, error };
        this.#settle(controller);
      },
    );
  }

  async #open(
    want: Want,
    kind: FrameRenderer['kind'],
    signal: AbortSignal,
    build: (spec: RigSpec) => Promise<void>,
  ): Promise<ActiveTier> {
    const { size, quality, precision, adaptive } = want;
    const open = quality === undefined || kind === '2d' ? undefined : await this.#models.open(quality, kind, signal);
    await build({ size, model: open?.model, precision, adaptive });
    return open?.tier ?? 'none';
  }

  #settle(controller: AbortController): void {
    if (this.#running?.controller === controller) this.#running = undefined;
    this.#onSettled();
  }

  /** Forgets the device's part: after a loss. */
  cancel(): void {
    this.#running?.controller.abort();
    this.#running = undefined;
    this.#ready = undefined;
    // Another device may do what this one could not.
    this.#failed = undefined;
    this.dropForeseen();
  }
}
