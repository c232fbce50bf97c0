import { VitreousError } from '../../core/errors.js';
import type { ModelOrigins } from '../../core/model-origins.js';
import { SafetensorsFile } from '../weights/safetensors.js';
import { SafetensorsWeights, scaleSuffix } from '../weights/safetensors-weights.js';
import type { WeightSource } from '../weights/source.js';
import { checkSha256, fetchBytes } from './fetch.js';
import type { ModelManifest } from './manifest-fields.js';

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where files that are named by URL may come from; the package's own may come from anywhere. */
  readonly origins?: ModelOrigins;
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

/** Fetches and checks the weights a manifest names. @throws as `fetchBytes` and `readWeights`. */
export async function loadWeights(
  manifest: ModelManifest,
  url: string | URL,
  { signal, origins, onProgress }: LoadOptions = {},
): Promise<WeightSource> {
  const totalBytes = manifest.weights.sizeBytes;
  const bytes = await fetchBytes(url, totalBytes, {
    signal,
    origins,
    onBytes: (loadedBytes) => onProgress?.({ loadedBytes, totalBytes }),
  });
  signal?.throwIfAborted();
  const weights = await readWeights(bytes, manifest, String(url));
  signal?.throwIfAborted();
  return weights;
}
