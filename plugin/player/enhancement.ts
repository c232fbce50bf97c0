import { asVitreousError, type VitreousError } from '../core/errors.js';
import type { TypedEvents } from '../core/typed-events.js';
import { DetectionsEvent, PromptsEvent, StageFailureEvent } from '../session/api/detections.js';
import {
  type EnhancedEventMap,
  type EnhancedState,
  FallbackEvent,
  type FallbackReason,
  FrameEvent,
  StateChangeEvent,
  TierEvent,
} from '../session/api/events.js';
import type { EnhanceOptions, EnhanceSettings } from '../session/api/options.js';
import { enhance } from '../session/enhance.js';
import type { Enhanced } from '../session/enhanced.js';

/** What a player says of one video's enhancement; asked for anew whenever `update` is called. */
export interface EnhancementHost {
  readonly enabled: boolean;
  /** All settings, none left out: they replace the former ones. */
  readonly settings: Required<EnhanceSettings>;
  /** What counts at the start alone. */
  readonly startOptions: Pick<EnhanceOptions, 'assets' | 'device' | 'modelOrigins' | 'onProgress'>;
  /** Hears every event of the enhancement, and those of its start. */
  dispatchEvent(event: Event): void;
}

/** The events of an `Enhanced` that its player has too. */
export type PlayerEventMap = Pick<
  EnhancedEventMap,
  'fallback' | 'statechange' | 'tier' | 'frame' | 'detections' | 'prompts' | 'stagefailure'
>;

/** The types of {@link PlayerEventMap} for an event target. */
export type PlayerEvents = TypedEvents<PlayerEventMap>;

/** The same event once more: one that is being dispatched cannot be dispatched elsewhere. */
const copies: { readonly [K in keyof PlayerEventMap]: (event: PlayerEventMap[K]) => Event } = {
  fallback: (event) => new FallbackEvent(event),
  statechange: ({ from, to }) => new StateChangeEvent(from, to),
  tier: ({ from, to }) => new TierEvent(from, to),
  frame: ({ timestampUs }) => new FrameEvent(timestampUs),
  detections: ({ timestampUs, detections, size }) => new DetectionsEvent(timestampUs, detections, size),
  prompts: ({ answers }) => new PromptsEvent(answers),
  stagefailure: ({ error, prompt }) => new StageFailureEvent(error, prompt),
};

/**
 * One video's enhancement as a player keeps it: nothing is loaded before it is first enabled, nothing is ever thrown, what fails is a
 * `fallback` event. Tried again with another source where the old one was at fault, and whenever something is changed.
 */
export class Enhancement {
  readonly video: HTMLVideoElement;
  readonly #host: EnhancementHost;
  readonly #lifetime = new AbortController();
  #enhanced: Enhanced | undefined;
  #starting = false;
  #failure: FallbackReason | undefined;

  constructor(video: HTMLVideoElement, host: EnhancementHost) {
    this.video = video;
    this.#host = host;
    video.addEventListener('emptied', () => this.#onNewSource(), { signal: this.#lifetime.signal });
    this.update();
  }

  /** Undefined until its first frame is on screen or it is bypassed, and after a failed start. */
  get enhanced(): Enhanced | undefined {
    return this.#enhanced;
  }

  get state(): EnhancedState {
    if (this.#lifetime.signal.aborted) return 'disposed';
    if (this.#enhanced) return this.#enhanced.state;
    if (this.#failure) return 'failed';
    return this.#starting ? 'starting' : 'off';
  }

  /** Why the native video shows; undefined while running, starting or off. */
  get why(): FallbackReason | undefined {
    return this.#enhanced ? this.#enhanced.why : this.#failure;
  }

  /** Takes over what the host says now. */
  update(): void {
    const { enabled, settings } = this.#host;
    if (this.#enhanced?.state === 'failed') this.#forget();
    this.#failure = undefined;
    if (this.#enhanced) {
      this.#enhanced.set(settings);
      this.#enhanced.enabled = enabled;
    } else if (enabled) this.#start();
  }

  #start(): void {
    if (this.#starting || this.#lifetime.signal.aborted) return;
    this.#starting = true;
    const { settings, startOptions } = this.#host;
    this.#emit('off', 'starting');
    enhance(this.video, { ...settings, ...startOptions, signal: this.#lifetime.signal }).then(
      (enhanced) => this.#onStarted(enhanced, settings),
      (thrown) => this.#onFailed(asStartError(thrown)),
    );
  }

  #onStarted(enhanced: Enhanced, settings: Required<EnhanceSettings>): void {
    this.#starting = false;
    this.#enhanced = enhanced;
    this.#emit('starting', enhanced.state);
    for (const type of Object.keys(copies)) this.#forward(enhanced, type as keyof PlayerEventMap); // Its own keys.
    const now = this.#host;
    if (now.settings !== settings) enhanced.set(now.settings);
    enhanced.enabled = now.enabled;
  }

  #forward<K extends keyof PlayerEventMap>(enhanced: Enhanced, type: K): void {
    enhanced.addEventListener(type, (event) => this.#host.dispatchEvent(copies[type](event)));
  }

  #onFailed(error: VitreousError): void {
    this.#starting = false;
    if (this.#lifetime.signal.aborted) return;
    const { code, stage, message } = error;
    this.#failure = { code, stage, message, recovering: false, error };
    this.#emit('starting', 'failed');
    this.#host.dispatchEvent(new FallbackEvent(this.#failure));
  }

  #onNewSource(): void {
    if (this.#failure?.stage !== 'source') return;
    this.#failure = undefined;
    if (this.#host.enabled) this.#start();
  }

  #emit(from: EnhancedState, to: EnhancedState): void {
    this.#host.dispatchEvent(new StateChangeEvent(from, to));
  }

  #forget(): void {
    this.#enhanced?.dispose();
    this.#enhanced = undefined;
  }

  /** The bare video is back. Idempotent. */
  dispose(): void {
    this.#lifetime.abort();
    this.#forget();
  }
}

function asStartError(thrown: unknown): VitreousError {
  return asVitreousError(thrown, {
    code: 'stage-failed',
    stage: 'session',
    found: String(thrown),
    expected: 'an enhanced video',
    fix: 'Report this with the message; the native video plays on.',
  });
}
