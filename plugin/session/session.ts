import { bytesSavedBy } from '../core/bytes-saved.js';
import { disposeSymbol } from '../core/dispose.js';
import type { VitreousError } from '../core/errors.js';
import type { FrameSink, FrameSource, FrameTiming } from '../core/frame-source.js';
import type { Size } from '../core/geometry.js';
import { DetectionsEvent, type PromptAnswer, PromptsEvent, StageFailureEvent } from './api/detections.js';
import { DrawEvent, type EnhancedState, type FallbackReason, FrameEvent, TierEvent } from './api/events.js';
import type { EnhanceOptions, EnhanceSettings } from './api/options.js';
import { changeSettings, checkSize, type Settings } from './api/validate.js';
import { Debug } from './debug.js';
import { Captures } from './draw/captures.js';
import { EngineHalf, failed } from './engine-half.js';
import type { Enhanced, EnhancedEvents, EnhancedStats } from './enhanced.js';
import type { PageState, Verdict } from './pace/conditions.js';
import { Curtain } from './page/curtain.js';
import type { Outlet } from './page/outlet.js';
import { Status } from './page/status.js';
import type { VideoState } from './page/video-state.js';
import type { SessionParts, SpeechRegion } from './parts.js';
import { type EnhancedReport, makeReport, RecentEvents } from './report.js';

// EventTarget itself; TypeScript has no other way to name its events' types.
const EnhancedEventTarget = EventTarget as { new (): EnhancedEvents };

/**
 * One enhancement, and its half on the page: place, curtain, the video's state, events. What draws is the other half, `EngineHalf`, which is told how
 * the page stands with each call. Whatever changes a condition ends in `#reconsider`.
 */
export class Session extends EnhancedEventTarget implements Enhanced, FrameSink {
  readonly output: 'page' | 'canvas' | 'texture';
  readonly video: HTMLVideoElement | undefined;
  readonly #source: FrameSource;
  readonly #outlet: Outlet;
  readonly #videoState: VideoState | undefined;
  readonly #region: SpeechRegion;
  readonly #lifetime = new AbortController();
  readonly #engine: EngineHalf;
  readonly #curtain: Curtain;
  readonly #status: Status;
  readonly #captures = new Captures();
  readonly #debug: Debug;
  readonly #recent: RecentEvents;
  readonly #calledMs: number;
  #firstFrameMs: number | undefined;
  #enabled = true;
  /** False while the device and the weights are fetched: nothing can show yet, whatever changes. */
  #started = false;
  #onFirstOutcome: ((failure: VitreousError | undefined) => void) | undefined;

  /** `calledMs`: when the caller asked for it, on `performance.now()`'s clock. */
  constructor(
    parts: SessionParts,
    settings: Settings,
    { output = 'page' }: Pick<EnhanceOptions, 'output'>,
    calledMs = performance.now(),
  ) {
    super();
    this.#calledMs = calledMs;
    this.#recent = new RecentEvents(this, calledMs);
    this.#status = new Status(this);
    this.output = output;
    this.video = parts.video;
    this.#source = parts.source;
    const changed = () => this.#reconsider();
    this.#outlet = parts.openOutlet({ changed, scale: () => this.#engine.pictureScale });
    const { presenter } = this.#outlet;
    this.#videoState = parts.watchVideo(changed);
    this.#curtain = new Curtain(presenter, () => this.#engine.see(this.#page()));
    this.#region = parts.openRegion(presenter.canvas);
    this.#engine = new EngineHalf(
      {
        settings,
        frameIntervalMs: () => this.#source.frameIntervalMs,
        models: parts.models,
        openDetector: parts.openDetector,
        alone: !presenter.overlay,
        openLink: (events) => parts.openLink(this.#outlet, events, this.#lifetime.signal),
      },
      {
        onChange: changed,
        onWant: () => this.#refresh(),
        onStale: () => this.#redrawOpen(),
        onTier: (from, to) => this.dispatchEvent(new TierEvent(from, to)),
        onDoubt: () => this.#restart(),
        onLost: (error) => {
          this.#curtain.close();
          if (this.#active && !this.#engine.fatal) this.#status.native(error, true);
        },
        onFatal: (error) => {
          if (this.#lifetime.signal.aborted) return;
          this.#curtain.close();
          this.#fail(error);
        },
        onDetections: (timestampUs, detections, size) =>
          this.dispatchEvent(new DetectionsEvent(timestampUs, detections, size)),
        onAnswers: (answers) => this.dispatchEvent(new PromptsEvent(answers)),
        onStageFailure: (error, prompt) => this.dispatchEvent(new StageFailureEvent(error, prompt)),
        onSpeech: (text) => this.#speak(text),
      },
    );
    this.#debug = new Debug({
      target: this,
      presenter,
      read: () => this.stats,
      onFailure: (thrown) => this.#engine.failBeside(thrown),
    });
  }

  /** Runs until the first frame is on screen or a reason to bypass is known. @throws as `enhance`. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const { signal: lifetime } = this.#lifetime;
    signal?.addEventListener('abort', () => this.dispose(signal.reason), { signal: lifetime });
    try {
      signal?.throwIfAborted();
      this.#debug.on = this.#engine.settings.debug;
      const outcome = new Promise<VitreousError | undefined>((resolve) => {
        this.#onFirstOutcome = resolve;
      });
      await this.#engine.start(lifetime);
      this.#started = true;
      this.#source.start(this);
      this.#reconsider();
      const failure = await outcome;
      lifetime.throwIfAborted();
      if (failure) throw failure;
      this.#status.tellStarted();
      this.#engine.releaseEarly();
    } catch (thrown) {
      this.dispose(thrown);
      throw thrown;
    }
  }

  get state(): EnhancedState {
    return this.#status.state;
  }

  get why(): FallbackReason | undefined {
    return this.#status.why;
  }

  get canvas(): HTMLCanvasElement {
    return this.#outlet.presenter.canvas;
  }

  get texture(): GPUTexture | undefined {
    return this.#curtain.open ? this.#engine.output : undefined;
  }

  get device(): GPUDevice | undefined {
    return this.#engine.gpu?.device;
  }

  /** Aborted when this is disposed. */
  get ended(): AbortSignal {
    return this.#lifetime.signal;
  }

  get stats(): EnhancedStats {
    return {
      ...this.#engine.stats(),
      state: this.state,
      why: this.why,
      firstFrameMs: this.#firstFrameMs,
      bytesSaved: bytesSavedBy(this),
      faults: this.#recent.faults,
    };
  }

  get prompts(): readonly PromptAnswer[] {
    return this.#engine.answers;
  }

  detectionsAsVtt(): string {
    return this.#engine.detectionsAsVtt();
  }

  report(): EnhancedReport {
    const { settings, gpu } = this.#engine;
    return makeReport({ settings, stats: this.stats, gpu, video: this.video, recent: this.#recent });
  }

  snapshot(): Promise<Blob> {
    return this.#engine.snapshot(this.#curtain.open);
  }

  captureStream(frameRate?: number): MediaStream {
    return this.#captures.add(frameRate);
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    if (enabled === this.#enabled || this.state === 'disposed') return;
    this.#enabled = enabled;
    if (enabled) {
      this.#status.to('starting');
      this.#reconsider();
      this.#refresh();
    } else {
      this.#curtain.close();
      this.#status.to('off');
    }
  }

  set(changes: EnhanceSettings): void {
    const settings = changeSettings(changes, this.#engine.settings);
    const live = this.state !== 'disposed';
    this.#engine.configure(settings, { upscaling: changes.upscale !== undefined, looking: this.#started && live });
    this.#debug.on = settings.debug && live;
    this.#reconsider();
    if (changes.upscale !== undefined || changes.detect !== undefined) this.#refresh();
  }

  prepare(size: Size | undefined): Promise<boolean> {
    try {
      return this.#engine.prepare(size && checkSize(size), this.#active);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  frame(frame: VideoFrame, timing: FrameTiming): void {
    const drawn = this.#active && this.#take(frame, timing);
    this.#debug.touch();
    if (this.#captures.none) return;
    if (!this.#curtain.open) this.#captures.native(frame, this.#engine.pictureScale);
    else if (drawn) this.#engine.capture(this.#captures, this.canvas);
  }

  /** Returns whether it was drawn. */
  #take(frame: VideoFrame, timing: FrameTiming): boolean {
    this.#outlet.presenter.follow();
    const page = this.#page({ width: frame.displayWidth, height: frame.displayHeight });
    const outcome = this.#engine.take(frame, timing, page);
    if (outcome.did === 'fail') this.#fail(outcome.error);
    else if (outcome.did === 'native') this.#native(outcome.verdict);
    else this.#wasNative();
    // The last picture is of another size: the native one shows until this size is ready.
    if (outcome.did === 'wait' && outcome.for === 'preparation') this.#restart();
    if (outcome.did !== 'draw') return false;
    if (outcome.first) this.#reveal(outcome.first);
    this.dispatchEvent(new FrameEvent(timing.timestampUs));
    this.#tellDrawn();
    return true;
  }

  trouble(error: VitreousError, recovering: boolean): void {
    this.#engine.sawTrouble(error, recovering);
    this.#reconsider();
  }

  reset(): void {
    this.#engine.newSource();
    this.#curtain.close();
    if (this.#active && !this.#engine.fatal) this.#status.to('starting');
  }

  get #active(): boolean {
    return this.#started && this.#enabled && this.state !== 'disposed';
  }

  /** How the page stands now. `size`: of the frame that comes, CSS pixels. */
  #page(size: Size | undefined = this.#engine.sourceSize): PageState {
    const { presenter } = this.#outlet;
    return {
      overlay: presenter.overlay,
      plays: this.video !== undefined,
      attached: presenter.attached,
      pictureInPicture: this.#videoState?.pictureInPicture ?? false,
      encrypted: this.#videoState?.encrypted ?? false,
      placement: presenter.place(size ?? { width: 1, height: 1 }),
      // After the placing: that is when styles are read.
      unmatched: presenter.unmatched,
      curtain: this.#curtain.state,
    };
  }

  #reveal(first: Promise<void>): void {
    this.#curtain
      .raise(first, () => this.#redraw())
      .then(
        (shown) => {
          if (!shown) return;
          this.#engine.shown();
          this.#status.to('running');
          this.#tellDrawn();
          // On screen after the browser's next two updates of the page: one takes the canvas, the next comes after it was shown.
          // By the canvas's own window: another one's may be in the background.
          const view = this.canvas.ownerDocument.defaultView ?? globalThis;
          view.requestAnimationFrame(() => view.requestAnimationFrame(() => this.#onShown()));
        },
        (thrown) => this.#fail(failed(thrown)),
      );
  }

  /** In the task that has drawn: a canvas can be read. */
  #tellDrawn(): void {
    if (this.#curtain.open) this.dispatchEvent(new DrawEvent(this.#engine.shownUs));
  }

  #onShown(): void {
    this.#firstFrameMs ??= performance.now() - this.#calledMs;
    this.#onFirstOutcome?.(undefined);
  }

  #redraw(): boolean {
    const drawn = this.#engine.redraw(this.#page());
    if (drawn) this.#tellDrawn();
    return drawn;
  }

  /** What is on screen has changed but for its frame. */
  #redrawOpen(): void {
    if (this.#active && this.#curtain.open) this.#redraw();
  }

  #speak(text: string | undefined): void {
    if (text === undefined) this.#region.remove();
    else if (text === '') this.#region.attach();
    else this.#region.say(text);
  }

  /** Takes stock after any change: native if something blocks, else the last picture in its new place, else a new frame. */
  #reconsider(): void {
    if (!this.#active) return;
    const verdict = this.#engine.judge(this.#page());
    if (verdict) {
      this.#native(verdict);
      return;
    }
    const wasNative = this.#wasNative();
    if (this.#curtain.open) this.#redrawOpen();
    else if (wasNative) this.#refresh();
  }

  /** Nothing speaks against enhanced frames any more. Returns whether something did. */
  #wasNative(): boolean {
    const wasNative = this.state === 'bypassed' || this.state === 'failed';
    // Between a loss and the next device the loss stays the reason.
    if (wasNative && this.#engine.connected) this.#status.to('starting');
    return wasNative;
  }

  #native({ error, recovering, source }: Verdict): void {
    this.#curtain.close();
    this.#status.native(error, recovering);
    this.#onFirstOutcome?.(recovering && !source ? undefined : error);
  }

  /** The native video shows until another frame is drawn. */
  #restart(): void {
    if (!this.#curtain.closed) this.#curtain.close();
    if (this.state === 'running') this.#status.to('starting');
  }

  #refresh(): void {
    if (this.#active) this.#source.refresh();
  }

  /** The native video shows for good. */
  #fail(error: VitreousError): void {
    if (this.state === 'disposed' || this.#engine.fatal) return;
    this.#engine.setFatal(error);
    if (this.#enabled) this.#native({ error, recovering: false, source: false });
  }

  dispose(reason?: unknown): void {
    if (this.state === 'disposed') return;
    this.#lifetime.abort(reason);
    this.#source.stop();
    this.#videoState?.close();
    this.#captures.close();
    this.#debug.on = false;
    this.#outlet.presenter.dispose();
    this.#outlet.surface.release();
    this.#engine.dispose();
    this.#status.to('disposed');
    this.#onFirstOutcome?.(undefined);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
