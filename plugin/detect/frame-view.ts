import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import { textureBytes } from '../gpu/texture-bytes.js';
import { textureUsage } from '../gpu/usage.js';
import { colouredBoxes, sampleSide } from './colours.js';
import { CropResize, type CropResizeSpec } from './crop-resize.js';
import type { DetectModel } from './model.js';
import type { PromptvitNetwork } from './promptvit-network.js';
import { ReadBack } from './read-back.js';

const usage = textureUsage.copyDst | textureUsage.textureBinding;

interface Parts {
  readonly whole: CropResize;
  readonly crops: CropResize | undefined;
  readonly samples: CropResize;
}

/** A frame as one look keeps it: a copy, so that the frame may change while results are awaited, and what resizes parts of it. */
export class FrameView implements DisposableResource {
  readonly size: Size;
  readonly #texture: GPUTexture;
  readonly whole: CropResize;
  readonly crops: CropResize | undefined;
  /** Of boxes whose colour matters, 0 to 255 in f32. */
  readonly samples: CropResize;
  readonly sampleBack: ReadBack;

  private constructor(gpu: GpuDevice, size: Size, texture: GPUTexture, parts: Parts) {
    this.size = size;
    this.#texture = texture;
    this.whole = parts.whole;
    this.crops = parts.crops;
    this.samples = parts.samples;
    this.sampleBack = new ReadBack(gpu, 'detect.colours', [parts.samples.output]);
    const { whole } = parts;
    whole.setRects([{ x: 0, y: 0, ...size }]);
  }

  /** @throws VitreousError `device-limit`, `pipeline-failed`, `gpu-*`; the signal's reason. */
  static async create(
    gpu: GpuDevice,
    model: DetectModel,
    network: PromptvitNetwork,
    size: Size,
    signal?: AbortSignal,
  ): Promise<FrameView> {
    const limit = gpu.caps.maxTextureDimension2D;
    if (Math.max(size.width, size.height) > limit)
      throw new VitreousError({
        code: 'device-limit',
        stage: 'detect',
        found: `a frame of ${size.width}x${size.height}`,
        expected: `at most ${limit} pixels a side (maxTextureDimension2D)`,
        fix: 'Use a smaller source; detection is off.',
      });
    const texture = await gpu.checked('a copy of the frame', () =>
      gpu.device.createTexture({
        label: 'vitreous/detect.frame',
        size: [size.width, size.height],
        format: 'rgba8unorm',
        usage,
      }),
    );
    const { input, scoring } = model.manifest;
    const { precision, input: pictureSize } = network.spec;
    const cropSize = { width: input.cropSide, height: input.cropSide };
    const made: CropResize[] = [];
    const make = async (spec: Omit<CropResizeSpec, 'frame'>): Promise<CropResize> => {
      const resize = await CropResize.create(gpu, { ...spec, frame: size }, texture, signal);
      made.push(resize);
      return resize;
    };
    try {
      const whole = await make({ size: pictureSize, count: 1, input, precision });
      const crops = network.crops
        ? await make({ size: cropSize, count: scoring.secondLookCount, input, precision })
        : undefined;
      const sampleSize = { width: sampleSide, height: sampleSide };
      const plain = { mean: 0, scale: 1 };
      const samples = await make({ size: sampleSize, count: colouredBoxes, input: plain, precision: 'f32' });
      return new FrameView(gpu, size, texture, { whole, crops, samples });
    } catch (thrown) {
      for (const resize of made) resize.dispose();
      texture.destroy();
      throw thrown;
    }
  }

  /** Encodes the copy of a frame. @throws VitreousError `detect-failed` for a texture of another size, format or usage. */
  copyFrom(encoder: GPUCommandEncoder, frame: GPUTexture): void {
    const { width, height } = this.size;
    if (
      frame.width !== width ||
      frame.height !== height ||
      frame.format !== 'rgba8unorm' ||
      !(frame.usage & textureUsage.copySrc)
    )
      throw new VitreousError({
        code: 'detect-failed',
        stage: 'detect',
        found: `a ${frame.format} texture of ${frame.width}x${frame.height} with usage ${frame.usage}`,
        expected: `rgba8unorm of ${width}x${height} that can be copied from (COPY_SRC)`,
        fix: 'Prepare the detector for the size of its frames.',
      });
    encoder.copyTextureToTexture({ texture: frame }, { texture: this.#texture }, [width, height]);
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    const resizes = this.whole.sizeBytes + (this.crops?.sizeBytes ?? 0) + this.samples.sizeBytes;
    return resizes + this.sampleBack.sizeBytes + textureBytes(this.#texture);
  }

  dispose(): void {
    this.whole.dispose();
    this.crops?.dispose();
    this.samples.dispose();
    this.sampleBack.dispose();
    this.#texture.destroy();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
