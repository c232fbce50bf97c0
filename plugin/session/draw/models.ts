import { openUpscaleModel } from '../../catalog.js';
import type { ModelOrigins } from '../../core/model-origins.js';
import type { ModelSource, Tier } from '../../core/model-source.js';
import type { UpscaleModel } from '../../upscale/model.js';
import type { ActiveTier } from '../api/events.js';
import type { ProgressEvent } from '../api/options.js';
import type { RendererKind } from './frame-renderer.js';

export interface OpenModel {
  readonly tier: ActiveTier;
  readonly model: UpscaleModel;
}

/** Models of a session, each fetched once: they live on the CPU and outlast devices. */
export class Models {
  readonly #open = new Map<string, Promise<UpscaleModel>>();
  readonly #onProgress: ((progress: ProgressEvent) => void) | undefined;
  readonly #origins: ModelOrigins;

  /** `origins`: where models that are named by URL may come from. */
  constructor(onProgress: ((progress: ProgressEvent) => void) | undefined, origins: ModelOrigins) {
    this.#onProgress = onProgress;
    this.#origins = origins;
  }

  /**
   * `kind`: what the model is to run on; WebGL has a network of its own.
   *
   * @throws VitreousError `model-origin`, `manifest-*`, `weights-*`, `model-unknown`; the signal's reason.
   */
  async open(quality: Tier | ModelSource, kind: RendererKind, signal: AbortSignal): Promise<OpenModel> {
    const tier = typeof quality === 'string' ? quality : 'custom';
    const key = typeof quality === 'string' ? `${quality} ${kind}` : String(quality.manifestUrl);
    let known = this.#open.get(key);
    if (!known) {
      known = this.#load(quality, kind, signal);
      this.#open.set(key, known);
      // An aborted or failed download may be tried again.
      known.catch(() => this.#open.delete(key));
    }
    const model = await known;
    signal.throwIfAborted();
    return { tier, model };
  }

  async #load(quality: Tier | ModelSource, kind: RendererKind, signal: AbortSignal): Promise<UpscaleModel> {
    const model = await openUpscaleModel(quality, {
      signal,
      plain: kind === 'webgl',
      origins: this.#origins,
      onProgress: ({ loadedBytes, totalBytes }) => this.#onProgress?.({ phase: 'weights', loadedBytes, totalBytes }),
    });
    const totalBytes = model.manifest.weights.sizeBytes;
    this.#onProgress?.({ phase: 'compile', loadedBytes: totalBytes, totalBytes });
    return model;
  }
}
