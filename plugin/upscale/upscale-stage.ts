import { disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Stage } from '../core/stage.js';
import { compile, type Plan } from '../engine/plan.js';
import { Runner } from '../engine/runner.js';
import type { GpuDevice } from '../gpu/device.js';
import type { PassTimings } from '../gpu/timer.js';
import type { UpscaleModel } from './model.js';
import { choosePrecision, type UpscalePrecision } from './precision.js';

export interface UpscaleStageOptions {
  /** Default: see `choosePrecision`. */
  readonly precision?: UpscalePrecision | undefined;
}

/** Super-resolution by a network: frame texture → picture texture, each way `model.manifest.scale` times as large. */
export class UpscaleStage implements Stage {
  readonly model: UpscaleModel;
  readonly precision: UpscalePrecision;
  /** How much of the network's work is seen from the next frame on: 0 is the bilinear picture, 1 what it was trained for. */
  strength = 1;
  readonly #gpu: GpuDevice;
  #runner: Runner | undefined;
  /** What the runner has. */
  #uploadedStrength = 1;
  #disposed = false;

  constructor(gpu: GpuDevice, model: UpscaleModel, options: UpscaleStageOptions = {}) {
    this.#gpu = gpu;
    this.model = model;
    this.precision = choosePrecision(options.precision, gpu.caps, model.manifest);
  }

  /** The plan of the prepared size. */
  get plan(): Plan | undefined {
    return this.#runner?.plan;
  }

  /**
   * Compiles and allocates for a source size; the former size's plan is released once the new one stands.
   *
   * @throws VitreousError `device-limit`, `pipeline-failed`, `gpu-out-of-memory`, `weights-*`; the signal's reason.
   */
  async prepare(size: Size, signal?: AbortSignal): Promise<Size> {
    const { scale } = this.model.manifest;
    const picture = { width: size.width * scale, height: size.height * scale };
    const limit = this.#gpu.caps.maxTextureDimension2D;
    if (Math.max(picture.width, picture.height) > limit)
      throw new VitreousError({
        code: 'device-limit',
        stage: 'upscale',
        found: `a picture of ${picture.width}x${picture.height}`,
        expected: `at most ${limit} pixels a side (maxTextureDimension2D)`,
        fix: 'The source is large enough as it is; the stage is bypassed.',
      });
    const [numbers, precision] =
      this.precision === 'int8' ? (['int8', 'f32'] as const) : (['real', this.precision] as const);
    const plan = compile(this.model.graph(size, numbers), { caps: this.#gpu.caps, precision });
    const runner = await Runner.create(this.#gpu, plan, this.model.weights, signal);
    if (this.#disposed) {
      runner.dispose();
      throw disposedError();
    }
    this.#runner?.dispose();
    this.#runner = runner;
    this.#uploadedStrength = 1;
    return picture;
  }

  /** Builds the bind groups for these textures; call again when either changes. */
  bind(frame: GPUTexture, picture: GPUTexture): void {
    this.#live().bind({
      frame: frame.createView({ label: 'vitreous/frame' }),
      picture: picture.createView({ label: 'vitreous/picture' }),
    });
  }

  record(encoder: GPUCommandEncoder, timings: PassTimings): void {
    const runner = this.#live();
    if (this.#uploadedStrength !== this.strength) {
      runner.setParam('strength', this.strength);
      this.#uploadedStrength = this.strength;
    }
    const pass = encoder.beginComputePass(timings.pass('upscale'));
    runner.record(pass);
    pass.end();
  }

  dispose(): void {
    this.#disposed = true;
    this.#runner?.dispose();
    this.#runner = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #live(): Runner {
    if (!this.#runner) throw disposedError();
    return this.#runner;
  }
}

function disposedError(): VitreousError {
  return new VitreousError({
    code: 'disposed',
    stage: 'upscale',
    found: 'a stage that is not prepared, or disposed',
    expected: 'a prepared stage',
    fix: 'Call prepare first.',
  });
}
