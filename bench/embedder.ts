import { stat } from 'node:fs/promises';
import { CommandError } from '../cli/command-error.js';
import { ClipModel } from '../models/clip/index.js';
import { openMobileVit } from '../models/mobilevit/index.js';
import type { DisposableResource } from '../plugin/core/dispose.js';
import { RegionEncoder } from '../plugin/detect/towers/region-encoder.js';
import { encodeTexts } from '../plugin/detect/towers/text-encoder.js';
import { readJsonFile } from '../plugin/engine/files/json-file.js';
import { diskFolder } from '../plugin/engine/testing/disk-folder.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';

/** A model that puts pictures, and texts where it has a text side, into one space. Unit vectors. */
export interface Embedder extends DisposableResource {
  /** Undefined: the model reads no texts. */
  readonly texts: ((texts: readonly string[]) => Promise<readonly Float32Array[]>) | undefined;
  /** @param texture rgba8unorm */
  picture(texture: GPUTexture): Promise<Float32Array>;
}

/**
 * A folder of Hugging Face's files: a CLIP or TinyCLIP, or a MobileViT, whose pooled features stand for embeddings.
 *
 * @throws CommandError `input-unreadable`; VitreousError as the models' readers.
 */
export async function openHubEmbedder(gpu: GpuDevice, path: string, precision: Precision): Promise<Embedder> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CommandError('input-unreadable', `--model ${path} is no folder`);
  const folder = diskFolder(path);
  const config = await readJsonFile(folder, 'config.json');
  const fields = (config ?? {}) as { model_type?: unknown; architecture?: unknown }; // The readers check all of it.
  if (fields.model_type === 'mobilevit' || String(fields.architecture).startsWith('mobilevit'))
    return openMobileVitEmbedder(gpu, path, precision);
  const model = await ClipModel.open(folder);
  const images = await RegionEncoder.create(gpu, await model.loadImage(), { precision, batch: 1 });
  return {
    // The tower is loaded for the texts and let go again.
    texts: async (texts) => encodeTexts(gpu, await model.loadText(), texts, precision),
    picture: (texture) => images.embedPicture(texture),
    dispose: () => images.dispose(),
  };
}

async function openMobileVitEmbedder(gpu: GpuDevice, path: string, precision: Precision): Promise<Embedder> {
  const images = await RegionEncoder.create(gpu, await openMobileVit(diskFolder(path)), { precision, batch: 1 });
  return {
    texts: undefined,
    picture: (texture) => images.embedPicture(texture),
    dispose: () => images.dispose(),
  };
}
