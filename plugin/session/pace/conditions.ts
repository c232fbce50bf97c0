import type { VitreousError } from '../../core/errors.js';
import { type Size, sameSize } from '../../core/geometry.js';
import type { CanvasPlace } from '../../present/presenter.js';
import type { Preparation, Want } from '../draw/preparation.js';
import { findBlocker, type Situation, upscaleBlocker } from './blockers.js';
import type { Quality } from './quality.js';

/** Failures of preparation that another source size may not have. */
const sizeFailures: ReadonlySet<VitreousError['code']> = new Set(['device-limit', 'gpu-out-of-memory']);

/** A reason for the native video, and whether it can end by itself. */
export interface Verdict {
  readonly error: VitreousError;
  readonly recovering: boolean;
  /** The source itself is broken: at start-up that is the caller's error. */
  readonly source: boolean;
}

/** What the page knows: plain data, told anew whenever something is judged. */
export interface PageState {
  /** There is a native picture below that shows while the canvas is hidden. */
  readonly overlay: boolean;
  /** A `<video>` plays what is not drawn. */
  readonly plays: boolean;
  readonly attached: boolean;
  readonly pictureInPicture: boolean;
  readonly encrypted: boolean;
  /** What of the page's styles the canvas cannot take over, for messages; undefined: nothing. */
  readonly unmatched: string | undefined;
  /** Where a picture of the source's shape lies. */
  readonly placement: CanvasPlace;
  /** `closed`: nothing has been drawn since the canvas was hidden; `open`: it shows. */
  readonly curtain: 'closed' | 'opening' | 'open';
}

export interface ConditionParts {
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
  #page: PageState | undefined;

  constructor(parts: ConditionParts) {
    this.#parts = parts;
  }

  /** Display size of the source, pixels; undefined before the first frame. */
  get sourceSize(): Size | undefined {
    return this.#sourceSize;
  }

  /** The page as it was told last. */
  get page(): PageState | undefined {
    return this.#page;
  }

  see(page: PageState): void {
    this.#page = page;
  }

  /** Where the picture lies on the page as it was told last. */
  get placement(): CanvasPlace | undefined {
    return this.#page?.placement;
  }

  get displaySize(): Size {
    const { width = 0, height = 0 } = this.placement?.rect ?? {};
    return { width, height };
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

  /** Says what speaks against enhanced frames on a page as it is now; undefined if nothing does. */
  judge(page: PageState): Verdict | undefined {
    this.#page = page;
    if (this.#fatal) return { error: this.#fatal, recovering: false, source: false };
    const situation = this.#situation(page);
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
    const { quality } = this.#parts;
    const { displaySize } = this;
    const pointless =
      this.#page !== undefined &&
      (!this.#page.overlay || quality.settings.detect !== false) &&
      upscaleBlocker({ displaySize, sourceSize: size, overBudget: quality.overBudget }) !== undefined;
    return quality.want(size, !pointless);
  }

  /** What frames of another size, still to come, are to be drawn with; undefined where they will not be drawn. */
  wantUpcoming(size: Size): Want | undefined {
    const { quality } = this.#parts;
    const { upscale, detect } = quality.settings;
    const { displaySize } = this;
    const native =
      this.#page?.overlay === true &&
      upscale !== false &&
      detect === false &&
      upscaleBlocker({ displaySize, sourceSize: size, overBudget: quality.overBudget }) !== undefined;
    return native ? undefined : this.want(size);
  }

  /** Why what is wanted can't be prepared; undefined if nothing is known against it. */
  get unpreparable(): VitreousError | undefined {
    return this.#sourceSize && this.#parts.preparation.failure(this.want(this.#sourceSize));
  }

  #situation({ overlay, attached, pictureInPicture, encrypted, unmatched, placement }: PageState): Situation {
    const { quality } = this.#parts;
    return {
      overlay,
      attached,
      pictureInPicture: overlay && pictureInPicture,
      encrypted,
      displaySize: this.displaySize,
      unmatched,
      canvasSize: placement.canvas,
      sourceSize: this.#sourceSize,
      maxTextureSize: this.#parts.maxTextureSize(),
      upscaling: quality.settings.upscale !== false,
      detecting: quality.settings.detect !== false,
      highDynamicRange: this.#highDynamicRange,
      transparent: overlay && this.#transparent,
      overBudget: quality.overBudget,
      trouble: this.#trouble?.error,
      unpreparable: this.unpreparable,
    };
  }
}
