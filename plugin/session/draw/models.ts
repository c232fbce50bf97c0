import { openUpscaleModel } from '../../catalog.js';
import type { ModelSource, Tier } from '../../core/model-source.js';
import { SharedLoads } from '../../core/shared-loads.js';
import type { ModelPlaces } from '../../engine/files/load.js';
import type { UpscaleModel } from '../../upscale/model.js';
import type { ActiveTier } from '../api/events.js';
import type { ProgressEvent } from '../api/options.js';
import type { RendererKind } from './frame-renderer.js';

export interface OpenModel {
  readonly tier: ActiveTier;
  readonly model: UpscaleModel;
}

/** The page's models: fetched and checked once for all of its videos, kept while one of them has it. They outlast devices. */
const ofPage = new SharedLoads<UpscaleModel>();

/** Models of a session: they live on the CPU. What it has had once it keeps. */
export class Models {
  readonly #open = new Map<string, UpscaleModel>();
  readonly #onProgress: ((progress: ProgressEvent) => void) | undefined;
  readonly #places: ModelPlaces;

  /** `places`: where their files may come from. */
  constructor(onProgress: ((progress: ProgressEvent) => void) | undefined, places: ModelPlaces) {
    this.#onProgress = onProgress;
    this.#places = places;
  }

  /**
   * `kind`: what the model is to run on; WebGL has a network of its own.
   *
   * @throws VitreousError `model-origin`, `manifest-*`, `weights-*`, `model-unknown`; the signal's reason.
   */
  async open(quality: Tier | ModelSource, kind: RendererKind, signal: AbortSignal): Promise<OpenModel> {
    const tier = typeof quality === 'string' ? quality : 'custom';
    const key = typeof quality === 'string' ? `${quality} ${kind} ${this.#places.assets ?? ''}` : this.#keyOf(quality);
    const model = this.#open.get(key) ?? (await this.#load(key, quality, kind, signal));
    signal.throwIfAborted();
    this.#open.set(key, model);
    return { tier, model };
  }

  /** Whoever may load from fewer origins gets nothing that another has loaded from more. */
  #keyOf({ manifestUrl }: ModelSource): string {
    const { origins } = this.#places;
    const url = new URL(manifestUrl, globalThis.location?.href).href;
    return [url, ...(origins ? [...origins].sort() : ['anywhere'])].join(' ');
  }

  async #load(
    key: string,
    quality: Tier | ModelSource,
    kind: RendererKind,
    signal: AbortSignal,
  ): Promise<UpscaleModel> {
    const model = await ofPage.load(
      key,
      (shared) => openUpscaleModel(quality, { ...shared, plain: kind === 'webgl', ...this.#places }),
      { signal, onProgress: (progress) => this.#onProgress?.({ phase: 'weights', ...progress }) },
    );
    const totalBytes = model.manifest.weights.sizeBytes;
    this.#onProgress?.({ phase: 'compile', loadedBytes: totalBytes, totalBytes });
    return model;
  }
}
