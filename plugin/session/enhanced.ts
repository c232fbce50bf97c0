import type { DisposableResource } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { TypedEvents } from '../core/typed-events.js';
import type { DetectStats, PromptAnswer } from './api/detections.js';
import type { ActiveTier, EnhancedEventMap, EnhancedState, FallbackReason } from './api/events.js';
import type { EnhanceSettings } from './api/options.js';
import type { RendererKind } from './draw/frame-renderer.js';
import type { MemoryBytes } from './draw/memory.js';
import type { EnhancedReport, ReportedFault } from './report.js';

/** A snapshot of how it goes. */
export interface EnhancedStats {
  readonly state: EnhancedState;
  /** Why the native video shows; absent while running. */
  readonly why: FallbackReason | undefined;
  /**
   * What draws: `webgl` where there is no WebGPU, `2d` (frames as they are, on a canvas that nothing else would fill) where there is neither.
   * Undefined before the first connection and while a lost device is replaced.
   */
  readonly renderer: RendererKind | '2d' | undefined;
  readonly tier: ActiveTier;
  /** Milliseconds from the call of `enhance` to its first frame on screen; undefined before. */
  readonly firstFrameMs: number | undefined;
  /** Enhanced frames a second over the last second. */
  readonly fps: number;
  /** GPU milliseconds of the last measured frame by stage (`ingest`, `upscale`, `compose`); empty without `timestamp-query`. */
  readonly gpuMs: Readonly<Record<string, number>>;
  readonly framesShown: number;
  /** Frames of the source that were never seen: skipped by the browser, or come while the GPU was behind. */
  readonly framesDropped: number;
  /** Frames submitted after the time at which the browser expected them on screen. */
  readonly framesLate: number;
  /** Frames that the native video showed while enhancement was on: bypassed, starting, or failed. Always 0 without a `<video>`. */
  readonly framesBypassed: number;
  /** Frames shown with each network. */
  readonly framesByTier: Readonly<Partial<Record<ActiveTier, number>>>;
  /**
   * Share of the picture's tiles that the last measured frame took from the frame before, 0 to 1, as nothing had changed there;
   * undefined before the first, and where everything is computed (`adaptive: false`, WebGL, no upscaling).
   */
  readonly reusedShare: number | undefined;
  /** GPU memory held now, by what holds it. */
  readonly memoryBytes: MemoryBytes;
  /** Bytes that `attachHls` of `vitreous/hls` with `saver` did not fetch, by its estimate; undefined without it. */
  readonly bytesSaved: number | undefined;
  /** The last few `fallback` and `stagefailure` events, oldest first. */
  readonly faults: readonly ReportedFault[];
  /** Display size of the source, pixels. */
  readonly sourceSize: Size;
  /** Size of the picture on screen, device pixels. */
  readonly displaySize: Size;
  /** How detection goes; undefined while it is off. */
  readonly detect: DetectStats | undefined;
}

/** `EventTarget` with the types of our events. */
export interface EnhancedEvents extends TypedEvents<EnhancedEventMap> {
  dispatchEvent(event: Event): boolean;
}

/** A running enhancement. Everything on it is safe to call in every state. */
export interface Enhanced extends EnhancedEvents, DisposableResource {
  readonly state: EnhancedState;
  /** Why the native video shows; undefined while running. */
  readonly why: FallbackReason | undefined;
  readonly stats: EnhancedStats;
  /** The canvas that is drawn on: ours over the video, or `options.canvas`. */
  readonly canvas: HTMLCanvasElement;
  /**
   * The picture for those who draw themselves: rgba8unorm, sRGB-encoded, to be bound or copied from, on `device`. Undefined while the
   * native video shows. With `output: 'texture'` highlights and the split are in it, else they are on the canvas alone.
   *
   * Valid until the next `draw` event: each frame is drawn into the same texture, and another tier, size or setting replaces it, in
   * the task of that event. Work that is submitted before sees this frame; take it anew for each. Views of it may
   * decode: `createView({ format: 'rgba8unorm-srgb', usage: GPUTextureUsage.TEXTURE_BINDING })`.
   */
  readonly texture: GPUTexture | undefined;
  /** The device in use; undefined before there is one, between two after a loss, and without WebGPU. */
  readonly device: GPUDevice | undefined;
  /** Where the picture goes, as `options.output` said. */
  readonly output: 'page' | 'canvas' | 'texture';
  /** The `<video>` that is enhanced; undefined for other sources. */
  readonly video: HTMLVideoElement | undefined;
  /** False hides the canvas and stops all work; true brings it back. */
  enabled: boolean;
  /**
   * Changes settings while running; what is left out stays. Throws TypeError for a bad value, before anything changes.
   */
  set(settings: EnhanceSettings): void;
  /**
   * Announces frames of another size, in display pixels, before they come: another rendition of a stream. What they need is built beside
   * what draws, so that the first of them is enhanced already. One size at a time; undefined: none is expected any more. Resolves to
   * whether it stands ready; false: there is no need (it is the size on screen, or will play natively), it was replaced, or it cannot
   * be had. Nothing is lost then: it is prepared when the frames come.
   *
   * @throws TypeError for a size that is none.
   */
  prepare(size: Size | undefined): Promise<boolean>;
  /** How the prompts were understood; those that are not in it could not be. Empty until then, and while detection is off. */
  readonly prompts: readonly PromptAnswer[];
  /**
   * What this session's looks at this source have found so far, as a WebVTT file for a track of kind `metadata`. A cue's payload is one
   * line of JSON: `{"width","height","detections":[{"prompt","score","trackId","x","y","width","height"}]}`, boxes in pixels of a frame
   * of that width and height.
   */
  detectionsAsVtt(): string;
  /**
   * The picture on screen with its highlights as a PNG: at the size of the enhanced picture, without the split.
   *
   * @throws (rejects) VitreousError `snapshot-unavailable` unless `state` is `running`; `device-lost`.
   */
  snapshot(): Promise<Blob>;
  /** How it stands and how it came there, to be attached to a bug: `JSON.stringify(enhanced.report())`. In every state, also after disposal. */
  report(): EnhancedReport;
  /**
   * What is on screen as a stream with one video track, for WHIP, an RTCPeerConnection or a MediaRecorder: the enhanced picture with its highlights, at its
   * own size and without the split; whenever the native picture shows, the frames themselves, named the same size. It ends with `dispose()`, or by its
   * track's `stop()`. Each call gives another.
   *
   * `frameRate`: most frames a second; default: as they come. A picture that stands still is sent once a second.
   *
   * Throws TypeError for a bad frame rate, VitreousError `disposed`.
   */
  captureStream(frameRate?: number): MediaStream;
  /** Ends it: the bare video is back, listeners and GPU objects are gone. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}
