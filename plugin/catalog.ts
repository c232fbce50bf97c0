import type { ShippedTier } from '../models/mobilevit-sr/index.js';
import type { Promptvit } from '../models/promptvit/index.js';
import type { TextSide } from '../models/promptvit/text/index.js';
import type { ClipSource, ModelSource, Tier } from './core/model-source.js';
import { SharedLoads } from './core/shared-loads.js';
import type { Detector, DetectorOptions } from './detect/detector.js';
import type { LoadOptions } from './engine/files/load.js';
import type { ShippedFile } from './engine/files/shipped-file.js';
import type { GpuDevice } from './gpu/device.js';
import type { UpscaleModel } from './upscale/model.js';

/** A name a super-resolution model goes by: a shipped tier, or the caller's own files. */
export type UpscaleModelName = Tier | ModelSource;

export interface OpenUpscaleOptions extends LoadOptions {
  /** For WebGL: of a shipped tier the one network that is convolutions alone. Default false. */
  readonly plain?: boolean | undefined;
}

/**
 * Loads a super-resolution model: its code by lazy import, its weights by one fetch, both checked. The only place that knows the
 * models.
 *
 * @throws VitreousError `model-origin`, `manifest-*`, `weights-*`, `model-unknown`; the signal's reason.
 */
export async function openUpscaleModel(
  name: UpscaleModelName,
  options: OpenUpscaleOptions = {},
): Promise<UpscaleModel> {
  const [{ buildGraph, plainTier, shippedTiers }, { checkManifest }, { fetchJson }, { loadWeights }] =
    await Promise.all([
      import('../models/mobilevit-sr/index.js'),
      import('./engine/files/manifest.js'),
      import('./engine/files/fetch.js'),
      import('./engine/files/load.js'),
    ]);
  options.signal?.throwIfAborted();
  const {
    raw,
    where,
    weights: fileOf,
  } = typeof name === 'string'
    ? shippedFiles(name, options.plain ? plainTier : shippedTiers[name])
    : await ownManifest(name, (url) => fetchJson(url, options));
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
  const weights = await loadWeights(manifest, fileOf(manifest.weights.file), options);
  return { manifest, weights, graph: (size, numbers) => buildGraph(manifest, size, numbers) };
}

/** Where a model's parts are. */
interface ModelFiles {
  readonly raw: unknown;
  readonly where: string;
  readonly weights: (file: string) => URL | ShippedFile;
}

function shippedFiles(tier: Tier, { manifest, weights }: ShippedTier): ModelFiles {
  return { raw: manifest, where: `mobilevit-sr ${tier}`, weights: () => weights };
}

async function ownManifest(source: ModelSource, fetchManifest: (url: URL) => Promise<unknown>): Promise<ModelFiles> {
  const url = new URL(source.manifestUrl, globalThis.location?.href);
  return { raw: await fetchManifest(url), where: url.href, weights: (file) => new URL(file, url) };
}

export interface OpenDetectorOptions extends LoadOptions, DetectorOptions {
  /** Look at the best boxes again, each on its own. Default true. */
  readonly secondLook?: boolean | undefined;
}

/** What several detectors of the page have of the shipped one: its network, and its text side. */
const networks = new SharedLoads<Promptvit>();
const textSides = new SharedLoads<TextSide>();
/** Who names another folder does not wait for what may not be where the first one looks. */
const keyOf = ({ assets }: LoadOptions) => `promptvit ${assets ?? ''}`;

/** The shipped prompt model's code and manifest; the manifest is checked before a byte of weights is fetched. */
async function shippedDetector() {
  const [model, { loadWeights }, { checkDetectionManifest }] = await Promise.all([
    import('../models/promptvit/index.js'),
    import('./engine/files/load.js'),
    import('./engine/files/detection-manifest.js'),
  ]);
  const manifest = checkDetectionManifest(model.shipped.manifest, 'promptvit');
  model.buildGraphs(manifest);
  return {
    load: (options: LoadOptions) =>
      networks.load(
        keyOf(options),
        async (shared) => {
          const weights = await loadWeights(manifest, model.shipped.weights, { ...shared, assets: options.assets });
          return model.promptvit(manifest, weights);
        },
        options,
      ),
  };
}

/**
 * Loads a detector onto a device: its code by lazy import, weights and text side by one fetch each, both checked.
 *
 * @throws VitreousError `model-origin`, `manifest-*`, `weights-*`, `tokenizer-format`, `model-unknown`; the signal's reason.
 */
export function openDetector(
  gpu: GpuDevice,
  model: 'promptvit' | ClipSource,
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  return model === 'promptvit' ? openPromptvit(gpu, options) : openClip(gpu, model, options);
}

async function openPromptvit(gpu: GpuDevice, options: OpenDetectorOptions): Promise<Detector> {
  const { signal, assets, onProgress } = options;
  const [shipped, { loadTextSide }, { LexiconPromptEncoder }, { PromptvitDetector }] = await Promise.all([
    shippedDetector(),
    import('../models/promptvit/text/index.js'),
    import('./detect/text/encoder.js'),
    import('./detect/promptvit-detector.js'),
  ]);
  signal?.throwIfAborted();
  const textLoad = new AbortController();
  const stop = (): void => textLoad.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    const parts = textSides.load(keyOf(options), (shared) => loadTextSide({ ...shared, assets }), {
      signal: textLoad.signal,
    });
    // Heard below, or not at all when the weights fail first.
    parts.catch(() => {});
    const model = await shipped.load({ signal, assets, onProgress });
    const encoder = new LexiconPromptEncoder(await parts);
    signal?.throwIfAborted();
    return new PromptvitDetector(gpu, model, encoder, options);
  } finally {
    signal?.removeEventListener('abort', stop);
    textLoad.abort();
  }
}

/** A CLIP over the shipped model's boxes. Its text tower is loaded when prompts are set, and let go of again. */
async function openClip(gpu: GpuDevice, source: ClipSource, options: OpenDetectorOptions): Promise<Detector> {
  const { signal, assets, onProgress, maxPerPrompt } = options;
  const [
    shipped,
    { ClipModel },
    { urlFolder },
    { fileFolder },
    { PromptvitBoxes },
    { RegionEncoder },
    { TowerPromptEncoder },
    { TowerDetector },
  ] = await Promise.all([
    shippedDetector(),
    import('../models/clip/index.js'),
    import('./detect/hub/url-folder.js'),
    import('./detect/hub/file-folder.js'),
    import('./detect/towers/box-source.js'),
    import('./detect/towers/region-encoder.js'),
    import('./detect/towers/text-encoder.js'),
    import('./detect/towers/tower-detector.js'),
  ]);
  signal?.throwIfAborted();
  const clip = await ClipModel.open(
    'clipUrl' in source ? urlFolder(source.clipUrl, options.origins) : fileFolder(source.clipFiles),
    signal,
  );
  const precision = gpu.caps.shaderF16 && !gpu.caps.software ? 'f16' : 'f32';
  const logitScale = await clip.logitScale({ signal });
  const tower = await clip.loadImage({ signal, onProgress });
  const boxes = new PromptvitBoxes(gpu, await shipped.load({ signal, assets }), precision);
  const prompts = new TowerPromptEncoder(gpu, (abort) => clip.loadText({ signal: abort }), { precision });
  const regions = await RegionEncoder.create(gpu, tower, { precision });
  return new TowerDetector(gpu, { boxes, prompts, regions, logitScale }, { maxPerPrompt });
}
