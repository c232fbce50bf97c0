import { VitreousError } from '../../core/errors.js';
import type { ModelOrigins } from '../../core/model-origins.js';
import { SafetensorsFile } from '../weights/safetensors.js';
import { SafetensorsWeights, scaleSuffix } from '../weights/safetensors-weights.js';
import type { WeightSource } from '../weights/source.js';
import { checkSha256, fetchBytes } from './fetch.js';
import type { ModelManifest } from './manifest-fields.js';
import { type AssetsFolder, locateShipped, type ShippedFile, shippedFix } from './shipped-file.js';

/** Where files may come from, and where the package's own are. */
export interface ModelPlaces {
  /** Where files that are named by URL may come from; the package's own may come from anywhere. */
  readonly origins?: ModelOrigins;
  /** Where the package's own files are; undefined: where the page's bundler has put them. */
  readonly assets?: AssetsFolder;
}

export interface LoadOptions extends ModelPlaces {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly loadedBytes: number; readonly totalBytes: number }) => void) | undefined;
}

/**
 * Checks the bytes of a weights file against its manifest: hash, then every tensor's name, shape and dtype, then its numbers. A tensor may
 * be in int8 where the file has its scales too.
 *
 * @throws VitreousError `weights-hash`, `weights-format`, `weights-truncated`, `weights-missing`, `weights-shape`, `weights-dtype`,
 * `weights-not-finite`.
 */
export async function readWeights(
  bytes: Uint8Array<ArrayBuffer>,
  manifest: ModelManifest,
  where: string,
): Promise<WeightSource> {
  await checkSha256(bytes, manifest.weights.sha256, where);
  const file = new SafetensorsFile(bytes);
  const weights = new SafetensorsWeights(file);
  for (const name of Object.keys(manifest.tensors)) {
    const { dtype } = file.entry(name);
    const isQuantised = dtype === 'I8' && file.has(name + scaleSuffix);
    if (dtype !== manifest.weights.dtype && !isQuantised)
      throw new VitreousError({
        code: 'weights-dtype',
        stage: 'weights',
        found: `${name}: ${dtype} in ${where}`,
        expected: `${manifest.weights.dtype}, or I8 with scales`,
        fix: 'Use the weights that belong to this manifest; the native video plays on.',
      });
  }
  await weights.check(Object.entries(manifest.tensors));
  return weights;
}

/**
 * Fetches a file of known size: one of the package, wherever that is, or one at a URL, whose origin is checked.
 *
 * @throws as `fetchBytes`.
 */
export async function fetchFile(
  source: string | URL | ShippedFile,
  totalBytes: number,
  { signal, origins, assets, onProgress }: LoadOptions = {},
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly url: string | URL }> {
  const onBytes = (loadedBytes: number) => onProgress?.({ loadedBytes, totalBytes });
  const isShipped = typeof source === 'object' && 'path' in source;
  const url = isShipped ? await locateShipped(source, assets, signal) : source;
  const how = url instanceof URL && isShipped ? { fix: shippedFix(url, assets) } : { origins };
  const bytes = await fetchBytes(url, totalBytes, { signal, onBytes, ...how });
  signal?.throwIfAborted();
  return { bytes, url };
}

/** Fetches and checks the weights a manifest names. @throws as `fetchBytes` and `readWeights`. */
export async function loadWeights(
  manifest: ModelManifest,
  source: string | URL | ShippedFile,
  options: LoadOptions = {},
): Promise<WeightSource> {
  const { bytes, url } = await fetchFile(source, manifest.weights.sizeBytes, options);
  const weights = await readWeights(bytes, manifest, String(url));
  options.signal?.throwIfAborted();
  return weights;
}
