import type { ClipSource, ModelSource, Tier } from '../../core/model-source.js';
import type { DetectorFactory } from '../../detect/detector.js';

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
  /**
   * Enhance on a software adapter too (SwiftShader, lavapipe, WARP), where it is slow. Default false: a `<video>` stays native, and a canvas or
   * texture that nothing else fills shows the frames as they are.
   */
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

/** Detection: what to look for, and how. */
export interface DetectOptions {
  /** 1 to 32 names of things, each of 1 to 200 characters: `['dog', 'red car']`. */
  readonly prompts?: readonly string[] | undefined;
  /** Looks a second at most, 0.1 to 60. Fewer where the GPU would be kept too busy. Default 8. */
  readonly rateHz?: number | undefined;
  /** Boxes of at least this score count, 0 to 1. Default 0.3. */
  readonly scoreThreshold?: number | undefined;
  /** At most so many boxes at a time, 1 to 64, best first. Default 32. */
  readonly maxResults?: number | undefined;
  /**
   * What judges the boxes. Default `promptvit`, which ships; or a CLIP of your own, which is slower and knows what its training knew:
   * relations, clothes, colours; or a detector of your own, for instance that of `vitreous/tfjs`.
   */
  readonly model?: 'promptvit' | ClipSource | DetectorFactory | undefined;
  /** Look a second time, closer, at the best few boxes: slower, and better at telling things apart. Default true. */
  readonly secondLook?: boolean | undefined;
}

/** The ways to show what was found. */
export const highlightStyles = ['outline', 'box', 'spotlight', 'heatmap', 'blur'] as const;

/** One of {@link highlightStyles}. */
export type HighlightStyle = (typeof highlightStyles)[number];

/** How what was found shows in the picture. */
export interface HighlightOptions {
  /**
   * - `outline` (default): a soft line around it.
   * - `box`: a rectangle.
   * - `spotlight`: everything else is dimmed.
   * - `heatmap`: how alike each place is to the prompt.
   * - `blur`: what was found cannot be made out, for privacy; stays a while where a thing is out of sight for a moment.
   */
  readonly style?: HighlightStyle | undefined;
  /** CSS colours of prompts; others have one of eight that colour-blind viewers can tell apart. */
  readonly colours?: Readonly<Record<string, string>> | undefined;
  /** Write the prompt at each box. Default true for `outline` and `box`, else false. */
  readonly labels?: boolean | undefined;
}

/** What can be changed while running, by `enhanced.set(…)`. */
export interface EnhanceSettings {
  /** `false` turns super-resolution off: the frame itself is drawn, resampled. */
  readonly upscale?: UpscaleOptions | false | undefined;
  /** Splits the picture at this fraction of its width, 0 to 1: left of it native, right of it enhanced. `false` (default): no split. */
  readonly compare?: number | false | undefined;
  /**
   * Finds what prompts name and follows it: `detections` events, highlights. Works beside super-resolution and without it. `false`
   * (default) turns it off; `prompts` must be given when it is turned on.
   */
  readonly detect?: DetectOptions | false | undefined;
  /** `false`: nothing is drawn, events come all the same. Default: outlines. */
  readonly highlight?: HighlightOptions | false | undefined;
  /**
   * Shows figures in a corner of the picture, whichever shows: state, tier, why, GPU time by stage, frames by what became of them, memory by
   * owner, the last faults. For those who look for a fault. Nothing where the picture is off the page. Default false.
   */
  readonly debug?: boolean | undefined;
}

/** What `enhance` takes; everything is optional. */
export interface EnhanceOptions extends EnhanceSettings {
  /** A device to share: borrowed, never destroyed. By default one is made. */
  readonly device?: GPUDevice | undefined;
  /**
   * Where the picture goes. `page` (default): over the video, or on `options.canvas`. The others keep it off the page, for renderers of
   * your own, in the size that the network makes; the `<video>` need not be in a document then, or in sight:
   *
   * - `canvas`: on `enhanced.canvas`, which is in no document, for WebGL textures;
   * - `texture`: in `enhanced.texture`, for WebGPU, without a copy.
   */
  readonly output?: 'page' | 'canvas' | 'texture' | undefined;
  /**
   * What draws. `auto` (default): WebGPU, and WebGL 2 where the browser has no WebGPU or no adapter for it: tier `S` and no detection.
   * `webgpu`: nothing else. `webgl`: WebGL even where there is WebGPU.
   */
  readonly renderer?: 'auto' | 'webgpu' | 'webgl' | undefined;
  /**
   * Origins, such as `https://models.example`, that `manifestUrl` and `clipUrl` may lead to, redirects included, beside the page's own. Anything
   * else is refused before it is asked for (`model-origin`). The package's own files need not be listed, wherever it is served from.
   */
  readonly modelOrigins?: readonly string[] | undefined;
  /**
   * The folder that has the package's own files, a URL or a path such as `'/vitreous/'`, relative to the page: what `npx vitreous copy-assets DIR`
   * wrote, or `dist/` of this version on a server. Default: what `setAssets` said, else where the page's bundler has put them.
   */
  readonly assets?: string | URL | undefined;
  /** Where to draw when the source is not a `<video>`; a video gets a canvas of its own. */
  readonly canvas?: HTMLCanvasElement | undefined;
  /** Aborts start-up at any point, and later ends the enhancement as `dispose()` does. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ProgressEvent) => void) | undefined;
}
