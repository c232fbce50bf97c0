import type { ModelSource, Tier } from './core/model-source.js';
import type { Detector, DetectorOptions } from './detect/detector.js';
import type { LoadOptions } from './engine/model/load.js';
import type { GpuDevice } from './gpu/device.js';
import type { UpscaleModel } from './upscale/model.js';

/** A name a super-resolution model goes by: a shipped tier, or the caller's own files. */
export type UpscaleModelName = Tier | ModelSource;

/**
 * Loads a super-resolution model: its code by lazy import, its weights by one fetch, both checked. The only place that knows the
 * models.
 *
 * @throws VitreousError `manifest-*`, `weights-*`, `model-unknown`; the signal's reason.
 */
export async function openUpscaleModel(name: UpscaleModelName, options: LoadOptions = {}): Promise<UpscaleModel> {
  const [{ buildGraph, shippedTiers }, { checkManifest }, { fetchJson }, { loadWeights }] = await Promise.all([
    import('../models/mobilevit-sr/index.js'),
    import('./engine/model/manifest.js'),
    import('./engine/model/fetch.js'),
    import('./engine/model/load.js'),
  ]);
  options.signal?.throwIfAborted();
  const { raw, where, weightsUrl } =
    typeof name === 'string'
      ? {
          raw: shippedTiers[name].manifest,
          where: `mobilevit-sr ${name}`,
          weightsUrl: () => shippedTiers[name].weightsUrl,
        }
      : await ownManifest(name, (url) => fetchJson(url, options.signal));
  const manifest = checkManifest(raw, where);
  if (manifest.name !== 'mobilevit-sr') {
    const { VitreousError } = await import('./core/errors.js');
    throw new VitreousError({
      code: 'model-unknown',
      stage: 'model',
      found: `model '${manifest.name}' in ${where}`,
      expected: "'mobilevit-sr'",
      fix: 'Use a model of an architecture this version knows; the native video plays on.',
    });
  }
  // Fails on a bad architecture before a byte of weights is fetched.
  buildGraph(manifest, { width: 8, height: 8 });
  const weights = await loadWeights(manifest, weightsUrl(manifest.weights.file), options);
  return { manifest, weights, graph: (size, numbers) => buildGraph(manifest, size, numbers) };
}

async function ownManifest(
  source: ModelSource,
  fetchManifest: (url: URL) => Promise<unknown>,
): Promise<{ raw: unknown; where: string; weightsUrl: (file: string) => URL }> {
  const url = new URL(source.manifestUrl, globalThis.location?.href);
  return { raw: await fetchManifest(url), where: url.href, weightsUrl: (file) => new URL(file, url) };
}

export interface OpenDetectorOptions extends LoadOptions, DetectorOptions {
  /** Look at the best boxes again, each on its own. Default true. */
  readonly secondLook?: boolean | undefined;
}

/**
 * Loads a detector onto a device: its code by lazy import, weights and text side by one fetch each, both checked.
 *
 * @throws VitreousError `manifest-*`, `weights-*`; the signal's reason.
 */
export async function openDetector(
  gpu: GpuDevice,
  _name: 'promptvit',
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  const { signal, onProgress } = options;
  const [
    model,
    { loadTextSide },
    { loadWeights },
    { checkDetectionManifest },
    { LexiconPromptEncoder },
    { PromptvitDetector },
  ] = await Promise.all([
    import('../models/promptvit/index.js'),
    import('../models/promptvit/text/index.js'),
    import('./engine/model/load.js'),
    import('./engine/model/detection-manifest.js'),
    import('./detect/text/encoder.js'),
    import('./detect/promptvit-detector.js'),
  ]);
  signal?.throwIfAborted();
  const manifest = checkDetectionManifest(model.shipped.manifest, 'promptvit');
  // Fails on a bad architecture before a byte of weights is fetched.
  model.buildGraphs(manifest);
  const textLoad = new AbortController();
  const stop = (): void => textLoad.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    const parts = loadTextSide({ signal: textLoad.signal });
    // Heard below, or not at all when the weights fail first.
    parts.catch(() => {});
    const weights = await loadWeights(manifest, model.shipped.weightsUrl, { signal, onProgress });
    const encoder = new LexiconPromptEncoder(await parts);
    signal?.throwIfAborted();
    return new PromptvitDetector(gpu, model.promptvit(manifest, weights), encoder, options);
  } finally {
    signal?.removeEventListener('abort', stop);
    textLoad.abort();
  }
}
