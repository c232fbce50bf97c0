import type { Size } from '../../core/geometry.js';
import type { GpuDevice } from '../../gpu/device.js';
import { textureBytes } from '../../gpu/texture-bytes.js';
import { textureUsage } from '../../gpu/usage.js';
import { IngestStage } from '../../ingest/ingest-stage.js';
import { UpscaleStage } from '../../upscale/upscale-stage.js';
import type { RigSpec } from './frame-renderer.js';
import type { MemoryBytes } from './memory.js';

/** The stages and textures of one source size and model: replaced as a whole when either changes. */
export interface Rig {
  readonly spec: RigSpec;
  readonly ingest: IngestStage;
  readonly upscale: UpscaleStage | undefined;
  readonly picture: GPUTexture | undefined;
}

/** GPU memory it holds. */
export function rigMemory(rig: Rig | undefined): Partial<MemoryBytes> {
  if (!rig) return {};
  const frames = rig.ingest.frames.reduce((bytes, frame) => bytes + textureBytes(frame), 0);
  return { frames, picture: textureBytes(rig.picture), ...rig.upscale?.memoryBytes };
}

export function disposeRig(rig: Rig | undefined): void {
  rig?.ingest.dispose();
  rig?.upscale?.dispose();
  rig?.picture?.destroy();
}

/** @throws VitreousError of the stage that cannot be prepared; the signal's reason. Nothing is left then. */
export async function buildRig(gpu: GpuDevice, spec: RigSpec, signal: AbortSignal): Promise<Rig> {
  const { model, precision, adaptive } = spec;
  // Two textures in turns: what has changed shows by comparison.
  const ingest = new IngestStage(gpu, model && adaptive ? 2 : 1);
  const upscale = model && new UpscaleStage(gpu, model, { precision, adaptive });
  let picture: GPUTexture | undefined;
  try {
    const [ingested, upscaled] = await Promise.allSettled([
      ingest.prepare(spec.size, signal),
      upscale?.prepare(spec.size, signal),
    ]);
    for (const part of [upscaled, ingested]) if (part.status === 'rejected') throw part.reason;
    const pictureSize = upscaled.status === 'fulfilled' ? upscaled.value : undefined;
    if (upscale && pictureSize) {
      await gpu.checked('picture texture', () => {
        // Assigned in here: it is let go of, too, where it could not be had.
        picture = createPicture(gpu, pictureSize);
      });
      if (picture) upscale.bind(ingest.frames, picture);
    }
    signal.throwIfAborted();
    return { spec, ingest, upscale, picture };
  } catch (thrown) {
    disposeRig({ spec, ingest, upscale, picture });
    throw thrown;
  }
}

function createPicture(gpu: GpuDevice, { width, height }: Size): GPUTexture {
  return gpu.device.createTexture({
    label: 'vitreous/picture',
    size: [width, height],
    format: 'rgba8unorm',
    // Those who take it as a texture may let the sampler decode.
    viewFormats: ['rgba8unorm-srgb'],
    usage: textureUsage.textureBinding | textureUsage.storageBinding | textureUsage.copySrc,
  });
}
