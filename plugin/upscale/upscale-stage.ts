import { disposeSymbol } from '../core/dispose.js';
import { notReady, VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Stage } from '../core/stage.js';
import { compile } from '../engine/plan/compile.js';
import type { Plan } from '../engine/plan/plan.js';
import { Runner } from '../engine/runner.js';
import { Schedule } from '../engine/schedule.js';
import type { GpuDevice } from '../gpu/device.js';
import type { PassTimings } from '../gpu/timer.js';
import { ChangeDetector } from './change-detector.js';
import type { UpscaleModel } from './model.js';
import { choosePrecision, type UpscalePrecision } from './precision.js';

export interface UpscaleStageOptions {
  /** Default: see `choosePrecision`. */
  readonly precision?: UpscalePrecision | undefined;
  /**
   * Compute only what a change of the frame concerns; the rest of the picture stays. Frames then come in two textures in turns. Where
   * the plan cannot run in part this changes nothing. Default false.
   */
  readonly adaptive?: boolean | undefined;
}

/** What is made for a size. */
interface Prepared {
  readonly runner: Runner;
  /** Which of its segments are due. */
  readonly schedule: Schedule;
  readonly changes: ChangeDetector | undefined;
}

function disposePrepared({ runner, changes }: Pick<Prepared, 'runner' | 'changes'>): void {
  runner.dispose();
  changes?.dispose();
}

/** Super-resolution by a network: frame texture → picture texture, each way `model.manifest.scale` times as large. */
export class UpscaleStage implements Stage {
  readonly model: UpscaleModel;
  readonly precision: UpscalePrecision;
  /** How much of the network's work is seen from the next frame on: 0 is the bilinear picture, 1 what it was trained for. */
  strength = 1;
  readonly #gpu: GpuDevice;
  readonly #adaptive: boolean;
  #prepared: Prepared | undefined;
  /** What the runner has. */
  #uploadedStrength = 1;
  /** The picture is not that of the frame before: all of it must be computed. */
  #stale = true;
  #disposed = false;

  constructor(gpu: GpuDevice, model: UpscaleModel, options: UpscaleStageOptions = {}) {
    this.#gpu = gpu;
    this.model = model;
    this.precision = choosePrecision(options.precision, gpu.caps, model.manifest);
    this.#adaptive = options.adaptive === true;
  }

  /** The plan of the prepared size. */
  get plan(): Plan | undefined {
    return this.#prepared?.runner.plan;
  }

  /** What finds the changes between frames, where the plan can run in part. */
  get changes(): ChangeDetector | undefined {
    return this.#prepared?.changes;
  }

  /** GPU memory it holds: weights, and all else. */
  get memoryBytes(): { readonly weights: number; readonly activations: number } {
    const { runner, changes } = this.#prepared ?? {};
    const weights = runner?.weightBytes ?? 0;
    return { weights, activations: (runner?.sizeBytes ?? 0) - weights + (changes?.sizeBytes ?? 0) };
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
    const plan = compile(this.model.graph(size, numbers), {
      caps: this.#gpu.caps,
      precision,
      adaptive: this.#adaptive,
    });
    const prepared = await this.#make(plan, size, signal);
    if (this.#disposed) {
      disposePrepared(prepared);
      throw notReady('upscale', 'a stage', 'prepare');
    }
    if (this.#prepared) disposePrepared(this.#prepared);
    this.#prepared = prepared;
    this.#uploadedStrength = 1;
    return picture;
  }

  async #make(plan: Plan, size: Size, signal: AbortSignal | undefined): Promise<Prepared> {
    // Both to their end: one that goes on after the other failed would be left behind.
    const [runner, changes] = await Promise.allSettled([
      Runner.create(this.#gpu, plan, this.model.weights, signal),
      plan.tiling && ChangeDetector.create(this.#gpu, size, plan.tiling, plan.precision, signal),
    ]);
    if (runner.status === 'fulfilled' && changes.status === 'fulfilled')
      return { runner: runner.value, schedule: new Schedule(plan), changes: changes.value };
    if (runner.status === 'fulfilled') runner.value.dispose();
    if (changes.status === 'fulfilled') changes.value?.dispose();
    throw runner.status === 'rejected' ? runner.reason : (changes as PromiseRejectedResult).reason; // One of them failed.
  }

  /**
   * Builds the bind groups for these textures; call again when any changes.
   *
   * @param frames one, or two that frames go to in turns, which `adaptive` needs
   */
  bind(frames: GPUTexture | readonly GPUTexture[], picture: GPUTexture): void {
    const { runner, changes } = this.#live();
    const turns = 'length' in frames ? frames : [frames];
    const views = turns.map((frame) => frame.createView({ label: 'vitreous/frame' }));
    const [first, second] = views;
    if (changes) {
      if (!first || !second) throw new RangeError('upscale: adaptive needs two textures of frames');
      const voidedBy = runner.plan.tiling?.voidedBy;
      changes.bind([first, second], voidedBy === undefined ? undefined : runner.buffer(voidedBy));
    }
    const target = picture.createView({ label: 'vitreous/picture' });
    for (const [turn, frame] of views.entries()) runner.bind({ frame, picture: target }, changes?.tiles, turn);
    this.#stale = true;
  }

  /** The next frame doesn't follow the one before, or that one is gone: it is computed as a whole, by weights of its own. */
  reset(): void {
    this.#stale = true;
  }

  /** @param turn index of the texture that holds the frame */
  record(encoder: GPUCommandEncoder, timings: PassTimings, turn = 0): void {
    const { runner, schedule, changes } = this.#live();
    const otherStrength = this.#uploadedStrength !== this.strength;
    if (otherStrength) {
      runner.setParam('strength', this.strength);
      this.#uploadedStrength = this.strength;
    }
    // Another strength comes with a frame that may be the same again, as where a video is paused: that one counts once.
    const due = schedule.next({ isFirst: this.#stale, counts: !otherStrength });
    if (this.#stale) runner.forget(encoder);
    const pass = encoder.beginComputePass(timings.pass('upscale'));
    // Another strength shows everywhere; the weights stay those that the frames before have decided.
    changes?.record(pass, this.#stale || otherStrength);
    for (const segment of due) {
      runner.record(pass, { segments: [segment], set: turn });
      // All tiles run from here on where that has changed what is kept.
      if (changes && segment.updates.some((state) => state === runner.plan.tiling?.voidedBy)) changes.renew(pass);
    }
    pass.end();
    this.#stale = false;
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#prepared) disposePrepared(this.#prepared);
    this.#prepared = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #live(): Prepared {
    if (!this.#prepared) throw notReady('upscale', 'a stage', 'prepare');
    return this.#prepared;
  }
}
