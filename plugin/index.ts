/**
 * `vitreous`: super-resolution for any web video, on one GPU device.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * const enhanced = await enhance(document.querySelector('video'), { upscale: { quality: 'auto' } });
 * ```
 *
 * @module
 */
export type { DisposableResource } from './core/dispose.js';
export { type ErrorCode, errorCodes, type StageName, VitreousError, type VitreousErrorInit } from './core/errors.js';
export type { FrameSink, FrameSource, FrameTiming } from './core/frame-source.js';
export type { Rect, Size } from './core/geometry.js';
export { type ClipSource, type ModelSource, type Tier, tiers } from './core/model-source.js';
export type { TypedEvents } from './core/typed-events.js';
export { setAssets } from './session/api/assets.js';
export type {
  Detection,
  DetectionsEvent,
  Detector,
  DetectorFactory,
  DetectorResult,
  DetectStats,
  OpenOptions,
  PromptAnswer,
  PromptsEvent,
  StageFailureEvent,
  TrackedDetection,
} from './session/api/detections.js';
export type {
  ActiveTier,
  DrawEvent,
  EnhancedEventMap,
  EnhancedState,
  FallbackEvent,
  FallbackReason,
  FrameEvent,
  StateChangeEvent,
  TierEvent,
} from './session/api/events.js';
export {
  type DetectOptions,
  type EnhanceOptions,
  type EnhanceSettings,
  type HighlightOptions,
  type HighlightStyle,
  highlightStyles,
  type ProgressEvent,
  type UpscaleOptions,
} from './session/api/options.js';
export type { RendererKind } from './session/draw/frame-renderer.js';
export type { MemoryBytes } from './session/draw/memory.js';
export { type ProbeResult, probe } from './session/draw/probe.js';
export { type EnhanceTarget, enhance } from './session/enhance.js';
export type { Enhanced, EnhancedEvents, EnhancedStats } from './session/enhanced.js';
export type { EnhancedReport, ReportedEvent, ReportedFault } from './session/report.js';
export { type FileSound, FileSource, type FrameReader, type SoundState } from './session/sources.js';
