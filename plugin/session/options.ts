import type { ModelSource, Tier } from '../core/model-source.js';

/** How far start-up has come. A phase repeats when a tier changes or a lost device is rebuilt. */
export interface ProgressEvent {
  readonly phase: 'weights' | 'compile';
  /** Bytes of weights so far; in phase `compile` the same number as `totalBytes`. */
  readonly loadedBytes: number;
  /** Bytes of weights in all, from the manifest. */
  readonly totalBytes: number;
}

/** Super-resolution: which network, and when. */
export interface UpscaleOptions {
  /**
   * `auto` (default) starts with the cheapest tier and moves by measured GPU time; a tier or a model of your own stays as it is.
   */
  readonly quality?: 'auto' | Tier | ModelSource | undefined;
  /** Enhance on a software adapter too (SwiftShader, lavapipe, WARP), where it is slow. Default false. */
  readonly force?: boolean | undefined;
  /**
   * Storage type of the network's numbers. Default `auto`: `f16` where the device has it; else `int8`, packed whole numbers, where a
   * real GPU multiplies them and the model was trained for it; else `f32`.
   */
  readonly precision?: 'auto' | 'f16' | 'f32' | 'int8' | undefined;
  /**
   * How much of what the network adds is seen, 0 to 1: 0 is the plain interpolation, 1 (default) the whole. A change costs nothing and
   * shows with the next frame.
   */
  readonly strength?: number | undefined;
  /**
   * Compute only what a change from frame to frame concerns; the picture is the same. Default true; false where the time a frame takes
   * should not depend on what it shows.
   */
  readonly adaptive?: boolean | undefined;
}

/** What can be changed while running, by `enhanced.set(…)`. */
export interface EnhanceSettings {
  /** `false` turns super-resolution off: the frame itself is drawn, resampled. */
  readonly upscale?: UpscaleOptions | false | undefined;
  /** Splits the picture at this fraction of its width, 0 to 1: left of it native, right of it enhanced. `false` (default): no split. */
  readonly compare?: number | false | undefined;
}

/** What `enhance` takes; everything is optional. */
export interface EnhanceOptions extends EnhanceSettings {
  /** A device to share: borrowed, never destroyed. By default one is made. */
  readonly device?: GPUDevice | undefined;
  /** Where to draw when the source is not a `<video>`; a video gets a canvas of its own. */
  readonly canvas?: HTMLCanvasElement | undefined;
  /** Aborts start-up at any point, and later ends the enhancement as `dispose()` does. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ProgressEvent) => void) | undefined;
}
