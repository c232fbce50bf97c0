import type { ErrorCode, StageName, VitreousError } from '../../core/errors.js';
import type { Tier } from '../../core/model-source.js';
import type { DetectionsEvent, PromptsEvent, StageFailureEvent } from './detections.js';

/**
 * - `starting`: loading, compiling, or waiting for the first frame; the native video shows.
 * - `running`: enhanced frames are on screen.
 * - `bypassed`: the native video shows for a reason that can end by itself (see `why`).
 * - `off`: `enabled` is false.
 * - `failed`: the native video shows for good (see `why`).
 * - `disposed`: over.
 */
export type EnhancedState = 'starting' | 'running' | 'bypassed' | 'off' | 'failed' | 'disposed';

/** Why the native video shows. */
export interface FallbackReason {
  readonly code: ErrorCode;
  readonly stage: StageName;
  readonly message: string;
  /** Enhancement comes back by itself when the reason ends. */
  readonly recovering: boolean;
  /** The whole error where there was one. */
  readonly error: VitreousError | undefined;
}

/** The native video shows (again), and why. */
export class FallbackEvent extends Event implements FallbackReason {
  readonly code: ErrorCode;
  readonly stage: StageName;
  readonly message: string;
  readonly recovering: boolean;
  readonly error: VitreousError | undefined;

  constructor(reason: FallbackReason) {
    super('fallback');
    this.code = reason.code;
    this.stage = reason.stage;
    this.message = reason.message;
    this.recovering = reason.recovering;
    this.error = reason.error;
  }
}

/** `statechange`: the enhancement went from one state to another. */
export class StateChangeEvent extends Event {
  readonly from: EnhancedState;
  readonly to: EnhancedState;

  constructor(from: EnhancedState, to: EnhancedState) {
    super('statechange');
    this.from = from;
    this.to = to;
  }
}

/** The network in use: a tier, `custom` for a model of your own, `none` for no upscaling. */
export type ActiveTier = Tier | 'custom' | 'none';

/** `tier`: the model in use changed. */
export class TierEvent extends Event {
  readonly from: ActiveTier;
  readonly to: ActiveTier;

  constructor(from: ActiveTier, to: ActiveTier) {
    super('tier');
    this.from = from;
    this.to = to;
  }
}

/** An enhanced frame has been submitted. */
export class FrameEvent extends Event {
  /** The frame's presentation time in the media, microseconds. */
  readonly timestampUs: number;

  constructor(timestampUs: number) {
    super('frame');
    this.timestampUs = timestampUs;
  }
}

/**
 * `draw`: what is shown has been drawn, a new frame or the last one with other highlights or another size. In the event's task
 * `enhanced.canvas` and `enhanced.texture` hold it, also where it cannot be read from a canvas later.
 */
export class DrawEvent extends Event {
  /** The frame's presentation time in the media, microseconds. */
  readonly timestampUs: number;

  constructor(timestampUs: number) {
    super('draw');
    this.timestampUs = timestampUs;
  }
}

/** The events of an `Enhanced`, by name. */
export interface EnhancedEventMap {
  fallback: FallbackEvent;
  statechange: StateChangeEvent;
  tier: TierEvent;
  frame: FrameEvent;
  draw: DrawEvent;
  detections: DetectionsEvent;
  prompts: PromptsEvent;
  stagefailure: StageFailureEvent;
}
