import type { DisposableResource } from '../core/dispose.js';
import type { Rect, Size } from '../core/geometry.js';

/** What a prompt was found to mean. */
export interface PromptAnswer {
  /** As it was given. */
  readonly prompt: string;
  /** The known name it was matched to: `dog` for `puppies`; the noun of `red car`. Undefined where no name was needed (a CLIP tower). */
  readonly matchedAs: string | undefined;
  /**
   * `exact`: a name the model was trained with; `synonym` of one; `broader`: one that includes it; `guess`: the text tower's own idea
   * of an unknown word; `encoded`: by a CLIP text tower, which needs no names.
   */
  readonly kind: 'exact' | 'synonym' | 'broader' | 'guess' | 'encoded';
  /** 0 to 1: how far the answer is to be trusted. */
  readonly confidence: number;
  /** The colour that the box's pixels must have, where the prompt names one the model itself does not know. */
  readonly colour: string | undefined;
}

/** A prompt in the space in which regions are compared. */
export interface EncodedPrompt extends PromptAnswer {
  /** Unit length. */
  readonly embedding: Float32Array;
}

/** Text → embeddings; loaded for the prompts and let go again. */
export interface PromptEncoder {
  /**
   * @throws VitreousError `prompt-unknown` with the nearest known names, for a prompt that cannot be grounded; `prompt-invalid`; the
   * signal's reason.
   */
  encode(prompts: readonly string[], signal?: AbortSignal): Promise<readonly EncodedPrompt[]>;
}

/** One found object. */
export interface Detection {
  readonly prompt: string;
  /** 0 to 1: how probably the box shows what the prompt names. */
  readonly score: number;
  /** In pixels of the frame as shown, from its upper left corner. */
  readonly box: Rect;
}

/** What one look at a frame found. */
export interface DetectorResult {
  /** Best first, no threshold applied, at most `maxPerPrompt` a prompt; boxes of one prompt do not overlap much (NMS). */
  readonly detections: readonly Detection[];
}

export interface DetectorOptions {
  /** At most so many boxes a prompt and look. Default 100. */
  readonly maxPerPrompt?: number | undefined;
}

/** How a detector is made. */
export interface OpenOptions {
  /** At most so many boxes a prompt and look are asked for. */
  readonly maxPerPrompt: number;
  /** Aborted when the detector is no longer wanted. */
  readonly signal: AbortSignal;
}

/** Makes a detector of your own: the object that `detect.model` takes. */
export interface DetectorFactory {
  /**
   * Called for each device that frames are on: one after another across losses. The detector borrows the device.
   *
   * @throws (rejects) VitreousError; the signal's reason. It comes as a `stagefailure` event.
   */
  open(device: GPUDevice, options: OpenOptions): Promise<Detector>;
  /**
   * As `open`, where the picture is drawn without WebGPU: for detectors that run on the CPU or in WebGL. Absent: nothing is detected there.
   *
   * @throws (rejects) VitreousError; the signal's reason. It comes as a `stagefailure` event.
   */
  openForFrames?(options: OpenOptions): Promise<Detector<VideoFrame>>;
}

/**
 * Finds what prompts name in a frame, off the display path: GPU work of its own submits, results read back asynchronously. One look at
 * a time: the caller waits for one before the next.
 */
export interface Detector<Frame = GPUTexture> extends DisposableResource {
  /** GPU memory it holds, bytes; absent: it does not say. */
  readonly sizeBytes?: number;
  /** What the last `setPrompts` was understood as. */
  readonly answers: readonly PromptAnswer[];
  /**
   * Compiles and allocates for a frame size, pixels.
   *
   * @throws VitreousError; the signal's reason.
   */
  prepare(size: Size, signal?: AbortSignal): Promise<void>;
  /**
   * Takes effect with the next look. A prompt already encoded is not encoded again.
   *
   * @throws VitreousError of {@link PromptEncoder.encode}: the former prompts stay then.
   */
  setPrompts(prompts: readonly string[], signal?: AbortSignal): Promise<readonly PromptAnswer[]>;
  /**
   * One look. The texture is read by work submitted before this returns its promise: it may be overwritten by later submits. A
   * `VideoFrame` is closed after that: clone what is to be read later.
   *
   * @throws VitreousError `device-lost`, `gpu-*`.
   */
  detect(frame: Frame): Promise<DetectorResult>;
  /**
   * How alike each place of the frame of the last look is to a prompt, 0 to 1: r8unorm or rgba8unorm (r), sampled with a filter over
   * the whole frame. Undefined before the first look and where a detector has no dense map.
   */
  heatMap(promptIndex: number): GPUTexture | undefined;
}
