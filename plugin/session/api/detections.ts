import type { ErrorCode, StageName, VitreousError } from '../../core/errors.js';
import type { Rect, Size } from '../../core/geometry.js';
import type { PromptAnswer } from '../../detect/detector.js';

export type {
  Detection,
  Detector,
  DetectorFactory,
  DetectorResult,
  OpenOptions,
  PromptAnswer,
} from '../../detect/detector.js';

/** A thing that was found and is followed. */
export interface TrackedDetection {
  readonly prompt: string;
  /** 0 to 1. */
  readonly score: number;
  /** Pixels of the video, from its upper left corner; smoothed over time. */
  readonly box: Rect;
  /** The same for the same thing from look to look, while it is followed. */
  readonly trackId: number;
}

/** `detections`: a look at a frame has been answered. */
export class DetectionsEvent extends Event {
  /** The presentation time of the frame that was looked at, microseconds: a little before the one on screen. */
  readonly timestampUs: number;
  /** What was seen in it, best first. */
  readonly detections: readonly TrackedDetection[];
  /** The frame's size, pixels: what boxes are measured in. */
  readonly size: Size;

  constructor(timestampUs: number, detections: readonly TrackedDetection[], size: Size) {
    super('detections');
    this.timestampUs = timestampUs;
    this.detections = detections;
    this.size = size;
  }
}

/** `prompts`: how the prompts were understood. */
export class PromptsEvent extends Event {
  readonly answers: readonly PromptAnswer[];

  constructor(answers: readonly PromptAnswer[]) {
    super('prompts');
    this.answers = answers;
  }
}

/** `stagefailure`: an optional stage goes on without something, or not at all; the picture goes on in any case. */
export class StageFailureEvent extends Event {
  readonly code: ErrorCode;
  readonly stage: StageName;
  readonly message: string;
  readonly error: VitreousError;
  /** The prompt it is about, where it is about one: the others are looked for. */
  readonly prompt: string | undefined;

  constructor(error: VitreousError, prompt: string | undefined) {
    super('stagefailure');
    this.code = error.code;
    this.stage = error.stage;
    this.message = error.message;
    this.error = error;
    this.prompt = prompt;
  }
}

/** How detection goes. */
export interface DetectStats {
  /** `loading`: model, kernels or prompts are on their way; `failed`: a `stagefailure` event has said why. */
  readonly state: 'loading' | 'running' | 'failed';
  /** Looks answered so far. */
  readonly looks: number;
  /** Milliseconds from a look to its answer, smoothed; undefined before the first. */
  readonly answerMs: number | undefined;
  /** Looks a second as the GPU allows now. */
  readonly rateHz: number;
  /** Things that are followed now. */
  readonly tracks: number;
}
