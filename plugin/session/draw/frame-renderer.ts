import type { ComposeLayout } from '../../compose/compose-stage.js';
import type { DisposableResource } from '../../core/dispose.js';
import type { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { UpscaleModel } from '../../upscale/model.js';
import type { UpscalePrecision } from '../../upscale/precision.js';
import type { MemoryBytes } from './memory.js';

/** What draws with a network. */
export type RendererKind = 'webgpu' | 'webgl';

/** What frames are drawn with. No model: the frame itself is the picture. */
export interface RigSpec {
  readonly size: Size;
  readonly model: UpscaleModel | undefined;
  readonly precision: UpscalePrecision | undefined;
  /** Compute only what a change of the frame concerns. */
  readonly adaptive: boolean;
}

/** GPU times of frames. */
export interface FrameTimer {
  /** False: the GPU tells no times. */
  readonly available: boolean;
  /** Milliseconds of the last sampled frame by stage. */
  readonly stageMs: ReadonlyMap<string, number>;
  /** Right after a sampled frame: resolves to its milliseconds, undefined where they cannot be used. */
  read(): Promise<number | undefined>;
}

/**
 * Draws a session's frames on its canvas: ingest → upscale → compose. One on WebGPU, one on WebGL, and one that has no network for where there is
 * neither; each is loaded only where it is used.
 */
export interface FrameRenderer extends DisposableResource {
  readonly kind: RendererKind | '2d';
  /** Why no network runs on it unless it is forced; undefined on a GPU. */
  readonly unfit: VitreousError | undefined;
  readonly timer: FrameTimer;
  /** Pixels a side that textures have at most. */
  readonly maxTextureSize: number;
  /** GPU memory it holds. */
  readonly memoryBytes: MemoryBytes;
  /** Share of the picture that the last measured frame took from the frame before, 0 to 1; undefined where all is computed. */
  readonly reusedShare: number | undefined;
  /** The device that other stages may share; undefined without WebGPU. */
  readonly gpu: GpuDevice | undefined;
  /** The last frame on that device, rgba8unorm at display size; stays until the next one is drawn. */
  readonly frame: GPUTexture | undefined;
  /**
   * The last picture on that device, with what is drawn over it where it goes to no canvas; stays until the next one is drawn. Absent
   * without WebGPU.
   */
  readonly output?: GPUTexture | undefined;
  /** Reads the number of cuts up to the last frame; undefined where they are not counted. */
  readonly readCuts: (() => Promise<number>) | undefined;
  /** Counts cuts from one of the next frames on, or no longer. */
  watchesCuts: boolean;
  /** How much of the network's work is seen from the next frame on, 0 to 1. */
  strength: number;
  /** What stands ready; undefined before the first `prepare`. */
  readonly spec: RigSpec | undefined;
  /** Size of the picture: what the network makes, or the frame's own. */
  readonly pictureSize: Size | undefined;
  /**
   * Gets ready for a spec while the former one goes on drawing, then takes its place.
   *
   * @throws VitreousError of the stage that cannot be prepared; the signal's reason. The former one stays then.
   */
  prepare(spec: RigSpec, signal: AbortSignal): Promise<void>;
  /**
   * Gets ready for frames of another size that are still to come, beside what draws, and keeps that until it is taken, dropped or replaced.
   * Absent, as the two below, where all is prepared when its frames come.
   *
   * @throws VitreousError of the stage that cannot be prepared; the signal's reason.
   */
  foresee?(spec: RigSpec, signal: AbortSignal): Promise<void>;
  dropForeseen?(): void;
  /** Draws with what was foreseen from the next frame on. False: there is none, or nothing was prepared before. */
  takeForeseen?(): boolean;
  /** Draws a frame, all in this task. `sample`: its time is to be read. @throws VitreousError `frame-import`. */
  draw(frame: VideoFrame, layout: ComposeLayout, sample: boolean): void;
  /** Draws the last picture again: another canvas size, another split. False: what is prepared has drawn nothing yet. */
  redraw(layout: ComposeLayout): boolean;
  /**
   * Draws the last picture, laid out as told, on a canvas beside the one on screen; right after a draw, and to be read in the same task.
   * Absent without WebGPU: what is on screen is taken instead.
   */
  drawAside?(layout: ComposeLayout): OffscreenCanvas | undefined;
  /** Runs what draws and throws (rejects with) what the GPU said against it. For the first frame, not for each. */
  checked(what: string, work: () => void): Promise<void>;
  /** Resolves when the GPU has done all that was given to it so far. */
  done(): Promise<void>;
  /** What was drawn last may be wrong, or be of another place of the video: the next frame takes over nothing from it. Absent where nothing ever is. */
  reset?(): void;
  /** The last picture as RGBA bytes, laid out as told. What is on screen stays. @throws where the device is lost meanwhile. */
  snapshot(layout: ComposeLayout): Promise<Uint8ClampedArray<ArrayBuffer>>;
  /** Takes over the heat maps of a look, one a prompt. */
  takeHeat(maps: readonly (GPUTexture | undefined)[]): void;
}
