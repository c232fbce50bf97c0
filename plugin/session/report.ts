import { version } from '../../package.json';
import type { ErrorCode, StageName } from '../core/errors.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Settings } from './api/validate.js';
import type { EnhancedEvents, EnhancedStats } from './enhanced.js';

/** Something that happened, as plain data. */
export interface ReportedEvent {
  /** Milliseconds since `enhance` was called. */
  readonly atMs: number;
  readonly type: 'statechange' | 'fallback' | 'tier' | 'stagefailure';
  readonly code?: string;
  readonly message?: string;
  readonly from?: string;
  readonly to?: string;
}

/** A `fallback` or `stagefailure` event. */
export interface ReportedFault {
  /** Milliseconds since `enhance` was called. */
  readonly atMs: number;
  readonly code: ErrorCode;
  readonly stage: StageName;
}

/** How an enhancement stands and how it came there: plain data, to be attached to a bug as JSON. No pixels, prompts, or URLs are in it. */
export interface EnhancedReport {
  /** Version of this package. */
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly userAgent: string;
  /** What the device can do, with its adapter's names; undefined while there is none, and without WebGPU. */
  readonly gpu: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly settings: {
    readonly upscale: Readonly<Record<string, unknown>> | false;
    readonly compare: number | false;
    /** Prompts by their number, a model of one's own as `custom`. */
    readonly detect: Readonly<Record<string, unknown>> | false;
    readonly highlight: string | false;
  };
  readonly stats: EnhancedStats;
  /** What the `<video>` says of itself; undefined for other sources. */
  readonly video: Readonly<Record<string, string | number | boolean>> | undefined;
  /** The last ones, oldest first. */
  readonly events: readonly ReportedEvent[];
}

const mostEvents = 64;
const mostFaults = 8;

/** Remembers the last events of an enhancement. */
export class RecentEvents {
  readonly #events: ReportedEvent[] = [];
  readonly #faults: ReportedFault[] = [];
  readonly #calledMs: number;

  /** `calledMs`: when `enhance` was called, on `performance.now()`'s clock. */
  constructor(target: EnhancedEvents, calledMs: number) {
    this.#calledMs = calledMs;
    target.addEventListener('statechange', ({ from, to }) => this.#add({ type: 'statechange', from, to }));
    target.addEventListener('tier', ({ from, to }) => this.#add({ type: 'tier', from, to }));
    target.addEventListener('fallback', ({ code, stage, message }) => {
      this.#add({ type: 'fallback', code, message });
      this.#addFault(code, stage);
    });
    target.addEventListener('stagefailure', ({ code, stage, message, prompt }) => {
      // An error about a prompt quotes it.
      this.#add({ type: 'stagefailure', code, ...(prompt === undefined ? { message } : {}) });
      this.#addFault(code, stage);
    });
  }

  get faults(): readonly ReportedFault[] {
    return [...this.#faults];
  }

  get list(): readonly ReportedEvent[] {
    return [...this.#events];
  }

  get #nowMs(): number {
    return Math.round(performance.now() - this.#calledMs);
  }

  #addFault(code: ErrorCode, stage: StageName): void {
    this.#faults.push({ atMs: this.#nowMs, code, stage });
    if (this.#faults.length > mostFaults) this.#faults.shift();
  }

  #add(event: Omit<ReportedEvent, 'atMs'>): void {
    this.#events.push({ atMs: this.#nowMs, ...event });
    if (this.#events.length > mostEvents) this.#events.shift();
  }
}

function videoFacts(video: HTMLVideoElement): Readonly<Record<string, string | number | boolean>> {
  const { videoWidth, videoHeight, readyState, networkState, paused, ended, seeking, currentTime, playbackRate } =
    video;
  const { clientWidth, clientHeight, isConnected } = video;
  const quality = video.getVideoPlaybackQuality();
  return {
    videoWidth,
    videoHeight,
    clientWidth,
    clientHeight,
    isConnected,
    readyState,
    networkState,
    paused,
    ended,
    seeking,
    currentTime,
    playbackRate,
    errorCode: video.error?.code ?? 0,
    protected: video.mediaKeys !== null && video.mediaKeys !== undefined,
    framesDecoded: quality.totalVideoFrames,
    framesDroppedByBrowser: quality.droppedVideoFrames,
  };
}

function settingsFacts({ upscale, compare, detect, highlight }: Settings): EnhancedReport['settings'] {
  return {
    upscale: upscale && { ...upscale, quality: typeof upscale.quality === 'object' ? 'custom' : upscale.quality },
    compare,
    detect: detect && {
      ...detect,
      prompts: detect.prompts.length,
      model: typeof detect.model === 'object' ? 'custom' : detect.model,
    },
    highlight: highlight ? highlight.style : false,
  };
}

/** What a report is made from. */
export interface ReportParts {
  readonly settings: Settings;
  readonly stats: EnhancedStats;
  readonly gpu: GpuDevice | undefined;
  readonly video: HTMLVideoElement | undefined;
  readonly recent: RecentEvents;
}

export function makeReport({ settings, stats, gpu, video, recent }: ReportParts): EnhancedReport {
  // A fallback's error holds its cause, which may be anything.
  const { why, ...numbers } = stats;
  const plain = why && {
    code: why.code,
    stage: why.stage,
    message: why.message,
    recovering: why.recovering,
    error: undefined,
  };
  return {
    version,
    createdAt: new Date().toISOString(),
    userAgent: navigator.userAgent,
    gpu: gpu && { ...gpu.caps },
    settings: settingsFacts(settings),
    stats: { ...numbers, why: plain },
    video: video && videoFacts(video),
    events: recent.list,
  };
}
