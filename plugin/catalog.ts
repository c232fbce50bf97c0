import type { ModelSource, Tier } from './core/model-source.js';
import type { LoadOptions } from './engine/model/load.js';
import type { UpscaleModel } from './upscale/model.js';

/** A name a model goes by: a shipped tier, or the caller's own files. */
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
