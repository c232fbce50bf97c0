import type { VitreousError } from '../../core/errors.js';
import { type Size, sameSize } from '../../core/geometry.js';
import type { Placement, Presenter } from '../../present/presenter.js';
import type { Preparation, Want } from '../draw/preparation.js';
import type { Quality } from '../pace/quality.js';
import { findBlocker, type Situation, upscaleBlocker } from './blockers.js';
import type { VideoState } from './video-state.js';

/** Failures of preparation that another source size may not have. */
const sizeFailures: ReadonlySet<VitreousError['code']> = new Set(['device-limit', 'gpu-out-of-memory']);

/** A reason for the native video, and whether it can end by itself. */
export interface Verdict {
  readonly error: VitreousError;
  readonly recovering: boolean;
  /** The source itself is broken: at start-up that is the caller's error. */
  readonly source: boolean;
}

export interface ConditionParts {
  readonly presenter: Presenter;
  readonly videoState: VideoState | undefined;
  readonly quality: Quality;
  readonly preparation: Preparation;
  /** Pixels a side that the GPU's textures have at most; undefined while there is none. */
  readonly maxTextureSize: () => number | undefined;
}

/** All that decides between enhanced and native, gathered from source, page, settings and GPU. */
export class Conditions {
  readonly #parts: ConditionParts;
  #sourceSize: Size | undefined;
  #highDynamicRange = false;
  #transparent = false;
  #trouble: { readonly error: VitreousError; readonly recovering: boolean } | undefined;
  #fatal: VitreousError | undefined;
  #placement: Placement | undefined;

  constructor(parts: ConditionParts) {
    this.#parts = parts;
  }

  /** Display size of the source, pixels; undefined before the first frame. */
  get sourceSize(): Size | undefined {
    return this.#sourceSize;
  }

  /** Where the picture lies, as of the last `judge`. */
  get placement(): Placement | undefined {
    return this.#placement;
  }

  get displaySize(): Size {
    return { width: this.#placement?.rect.width ?? 0, height: this.#placement?.rect.height ?? 0 };
  }

  get fatal(): boolean {
    return this.#fatal !== undefined;
  }

  /** A frame has come: the source is well. */
  sawFrame(frame: VideoFrame): Size {
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    if (!sameSize(this.#sourceSize, size)) this.#parts.quality.sizeChanged();
    this.#sourceSize = size;
    const transfer: string | null = frame.colorSpace.transfer; // Wider than TypeScript's list of names.
    this.#highDynamicRange = transfer === 'pq' || transfer === 'hlg';
    // A plane of alpha means that there is something to see through. The RGBA of a canvas that is captured says nothing.
    this.#transparent = /^I4\d\dA/.test(frame.format ?? '');
    this.#trouble = undefined;
    return size;
  }

  sawTrouble(error: VitreousError, recovering: boolean): void {
    this.#trouble = { error, recovering };
  }

  /** Nothing is known of the new source. */
  forgetSource(): void {
    this.#sourceSize = undefined;
    this.#highDynamicRange = false;
    this.#transparent = false;
    this.#trouble = undefined;
  }

  /** The end, whatever else changes. The first one counts. */
  setFatal(error: VitreousError): void {
    this.#fatal ??= error;
  }

  /** Measures the page anew and says what speaks against enhanced frames; undefined if nothing does. */
  judge(): Verdict | undefined {
    this.#placement = this.#parts.presenter.place(this.#sourceSize ?? { width: 1, height: 1 });
    if (this.#fatal) return { error: this.#fatal, recovering: false, source: false };
    const situation = this.#situation();
    const error = findBlocker(situation);
    if (!error) return undefined;
    if (error === this.#trouble?.error) return { error, recovering: this.#trouble.recovering, source: true };
    const recovering = error !== situation.unpreparable || sizeFailures.has(error.code);
    return { error, recovering, source: false };
  }

  /**
   * What frames of this size are to be drawn with. Where there is no native picture, or prompts are looked for, one not worth upscaling
   * is drawn as it is.
   */
  want(size: Size): Want {
    const { presenter, quality } = this.#parts;
    const { displaySize } = this;
    const pointless =
      (!presenter.overlay || quality.settings.detect !== false) &&
      this.#placement !== undefined &&
      upscaleBlocker({ displaySize, sourceSize: size, overBudget: quality.overBudget }) !== undefined;
    return quality.want(size, !pointless);
  }

  /** What frames of another size, still to come, are to be drawn with; undefined where they will not be drawn. */
  wantUpcoming(size: Size): Want | undefined {
    const { presenter, quality } = this.#parts;
    const { upscale, detect } = quality.settings;
    const { displaySize } = this;
    const native =
      presenter.overlay &&
      upscale !== false &&
      detect === false &&
      upscaleBlocker({ displaySize, sourceSize: size, overBudget: quality.overBudget }) !== undefined;
    return native ? undefined : this.want(size);
  }

  /** Why what is wanted can't be prepared; undefined if nothing is known against it. */
  get unpreparable(): VitreousError | undefined {
    return this.#sourceSize && this.#parts.preparation.failure(this.want(this.#sourceSize));
  }

  #situation(): Situation {
    const { presenter, videoState, quality } = this.#parts;
    return {
      overlay: presenter.overlay,
      attached: presenter.attached,
      pictureInPicture: presenter.overlay && (videoState?.pictureInPicture ?? false),
      encrypted: videoState?.encrypted ?? false,
      displaySize: this.displaySize,
      unmatched: presenter.unmatched,
      canvasSize: this.#placement?.canvas ?? { width: 0, height: 0 },
      sourceSize: this.#sourceSize,
      maxTextureSize: this.#parts.maxTextureSize(),
      upscaling: quality.settings.upscale !== false,
      detecting: quality.settings.detect !== false,
      highDynamicRange: this.#highDynamicRange,
      transparent: presenter.overlay && this.#transparent,
      overBudget: quality.overBudget,
      trouble: this.#trouble?.error,
      unpreparable: this.unpreparable,
    };
  }
}
