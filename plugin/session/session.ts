import { disposeSymbol } from '../core/dispose.js';
import { asVitreousError, VitreousError } from '../core/errors.js';
import type { FrameSink, FrameSource, FrameTiming } from '../core/frame-source.js';
import { sameSize, type Size } from '../core/geometry.js';
import { type ModelSource, type Tier, tiers } from '../core/model-source.js';
import type { DeviceLoss } from '../gpu/device.js';
import { CanvasPresenter } from '../present/canvas-presenter.js';
import { CanvasSurface } from '../present/canvas-surface.js';
import { OverlayPresenter } from '../present/overlay-presenter.js';
import type { Placement, Presenter } from '../present/presenter.js';
import { VideoSource } from '../source/video-source.js';
import { findBlocker, type Situation, upscaleBlocker } from './blockers.js';
import { Drawing } from './drawing.js';
import type { Enhanced, EnhancedEvents, EnhancedStats } from './enhanced.js';
import { type ActiveTier, type EnhancedState, type FallbackReason, FrameEvent, TierEvent } from './events.js';
import { GpuLink } from './gpu-link.js';
import { Models, tierOf } from './models.js';
import type { EnhanceOptions, EnhanceSettings } from './options.js';
import { Preparation, type Want } from './preparation.js';
import { QualityGovernor } from './quality-governor.js';
import type { Renderer } from './renderer.js';
import { Status } from './status.js';
import { changeSettings, type Settings } from './validate.js';
import { VideoState } from './video-state.js';

/** A device that is lost this often without a frame in between is not asked for again. */
const mostRebuilds = 3;
/** Failures of preparation that another source size may not have. */
const sizeFailures: ReadonlySet<VitreousError['code']> = new Set(['device-limit', 'gpu-out-of-memory']);

/** What the source and the page have told so far. */
interface Known {
  readonly sourceSize: Size | undefined;
  readonly highDynamicRange: boolean;
  readonly trouble: { readonly error: VitreousError; readonly recovering: boolean } | undefined;
}

// EventTarget itself; TypeScript has no other way to name its events' types.
const EnhancedEventTarget = EventTarget as { new (): EnhancedEvents };

const nothingKnown: Known = { sourceSize: undefined, highDynamicRange: false, trouble: undefined };

/**
 * One enhancement: wires source, stages and presenter, and decides frame by frame whether the enhanced or the native picture
 * shows. Whatever changes a condition ends in `#reconsider`.
 */
export class Session extends EnhancedEventTarget implements Enhanced, FrameSink {
  readonly #source: FrameSource;
  readonly #presenter: Presenter;
  readonly #surface: CanvasSurface;
  readonly #videoState: VideoState | undefined;
  readonly #lifetime = new AbortController();
  readonly #models: Models;
  readonly #link: GpuLink;
  readonly #drawing: Drawing;
  readonly #preparation: Preparation;
  readonly #status: Status;
  #governor = new QualityGovernor(tiers.length);
  #settings: Settings;
  #enabled = true;
  /** False while the device and the weights are fetched: nothing can show yet, whatever changes. */
  #started = false;
  #tier: ActiveTier = 'none';
  #known = nothingKnown;
  #fatal: VitreousError | undefined;
  #placement: Placement | undefined;
  /** Counts up whenever the canvas is hidden, so that a reveal under way knows that it is out of date. */
  #epoch = 0;
  #visible = false;
  #revealing = false;
  #rebuilds = 0;
  #onFirstOutcome: ((failure: VitreousError | undefined) => void) | undefined;

  constructor(target: HTMLVideoElement | FrameSource, settings: Settings, options: EnhanceOptions) {
    super();
    this.#settings = settings;
    this.#status = new Status(this);
    const changed = () => this.#reconsider();
    if ('videoWidth' in target) {
      this.#source = new VideoSource(target);
      this.#presenter = new OverlayPresenter(target, changed);
      this.#videoState = new VideoState(target, changed);
    } else {
      if (!options.canvas) throw new TypeError('options.canvas must be an HTMLCanvasElement for a source that is no <video>');
      this.#source = target;
      this.#presenter = new CanvasPresenter(options.canvas, changed);
    }
    this.#surface = new CanvasSurface(this.#presenter.canvas);
    this.#models = new Models(options.onProgress);
    this.#preparation = new Preparation(this.#models, () => this.#onPrepared());
    this.#drawing = new Drawing(this.#surface, {
      onCaughtUp: () => this.#refresh(),
      onSample: (gpuMs) => this.#onSample(gpuMs),
    });
    this.#link = new GpuLink({
      device: options.device,
      surface: this.#surface,
      signal: this.#lifetime.signal,
      // Drawing alone is cheap enough for any adapter; a network is not.
      allowSoftware: () => this.#settings.upscale === false || this.#settings.upscale.force,
      onLost: (loss) => this.#onLost(loss),
      onError: (error) => this.#fail(error),
    });
  }

  /** Runs until the first frame is on screen or a reason to bypass is known. @throws as `enhance`. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    signal?.addEventListener('abort', () => this.dispose(signal.reason), { signal: this.#lifetime.signal });
    try {
      signal?.throwIfAborted();
      const outcome = new Promise<VitreousError | undefined>((resolve) => {
        this.#onFirstOutcome = resolve;
      });
      await this.#link.connect();
      const quality = this.#quality(undefined);
      // Weights before frames: a video that has not loaded yet does not delay the download.
      if (quality) await this.#models.open(quality, this.#lifetime.signal);
      this.#lifetime.signal.throwIfAborted();
      this.#started = true;
      this.#source.start(this);
      this.#reconsider();
      const failure = await outcome;
      this.#lifetime.signal.throwIfAborted();
      if (failure) throw failure;
      this.#status.announce();
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
    return this.#presenter.canvas;
  }

  /** Aborted when this is disposed. */
  get ended(): AbortSignal {
    return this.#lifetime.signal;
  }

  get stats(): EnhancedStats {
    const { counters } = this.#drawing;
    return {
      state: this.state,
      why: this.why,
      tier: this.#tier,
      fps: counters.fps(performance.now()),
      gpuMs: Object.fromEntries(this.#link.renderer?.timer.stageMs ?? []),
      framesShown: counters.shown,
      framesDropped: counters.dropped,
      framesLate: counters.late,
      sourceSize: this.#known.sourceSize ?? { width: 0, height: 0 },
      displaySize: sizeOf(this.#placement),
    };
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
      this.#hide();
      this.#status.to('off');
    }
  }

  set(settings: EnhanceSettings): void {
    const before = this.#settings;
    this.#settings = changeSettings(settings, before);
    if (this.state === 'disposed') return;
    if (settings.upscale !== undefined) this.#governor = new QualityGovernor(tiers.length);
    this.#reconsider();
    if (settings.upscale !== undefined) this.#refresh();
  }

  frame(frame: VideoFrame, timing: FrameTiming): void {
    const { counters } = this.#drawing;
    counters.dropped += timing.skipped;
    if (!this.#enabled || this.state === 'disposed') return;
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    if (!sameSize(this.#known.sourceSize, size)) this.#governor.reset();
    const transfer: string | null = frame.colorSpace.transfer;
    this.#known = { sourceSize: size, highDynamicRange: transfer === 'pq' || transfer === 'hlg', trouble: undefined };
    this.#governor.tick(performance.now());
    this.#presenter.follow();
    const renderer = this.#link.renderer;
    if (this.#blocked() || !renderer || !this.#prepared(renderer, size)) counters.dropped++;
    else if (!this.#drawing.busy()) this.#draw(renderer, frame, timing);
  }

  trouble(error: VitreousError, recovering: boolean): void {
    this.#known = { ...this.#known, trouble: { error, recovering } };
    this.#reconsider();
  }

  reset(): void {
    this.#known = nothingKnown;
    this.#hide();
    if (this.#enabled && !this.#fatal) this.#status.to('starting');
  }

  /** Whether this size can be drawn at once; if not, the preparation is under way or has failed. */
  #prepared(renderer: Renderer, size: Size): boolean {
    const standing = this.#preparation.request(renderer, this.#want(size));
    if (standing === 'ready' || standing === 'usable') return true;
    if (this.#visible) {
      this.#hide();
      this.#status.to('starting');
    }
    return false;
  }

  #draw(renderer: Renderer, frame: VideoFrame, timing: FrameTiming): void {
    const placement = this.#placement;
    if (!placement) return;
    const draw = () => this.#drawing.draw(renderer, frame, timing, placement, this.#settings.compare);
    try {
      if (this.#visible || this.#revealing) draw();
      else this.#reveal(renderer, renderer.gpu.checked('first frame', draw));
    } catch (thrown) {
      this.#fail(asVitreousError(thrown, unexpected(thrown)));
      return;
    }
    this.dispatchEvent(new FrameEvent(timing.timestampUs));
  }

  /** Shows the canvas once the GPU has drawn a frame without complaint. */
  async #reveal(renderer: Renderer, drawn: Promise<void>): Promise<void> {
    const epoch = this.#epoch;
    this.#revealing = true;
    try {
      await drawn;
      await renderer.gpu.device.queue.onSubmittedWorkDone();
    } catch (thrown) {
      if (epoch === this.#epoch) this.#fail(asVitreousError(thrown, unexpected(thrown)));
      return;
    }
    if (epoch !== this.#epoch || this.#link.renderer !== renderer || !this.#placement) return;
    this.#revealing = false;
    this.#visible = true;
    this.#drawing.redraw(renderer, this.#placement, this.#settings.compare);
    this.#presenter.show();
    this.#rebuilds = 0;
    this.#status.to('running');
    // On screen after the browser's next two updates of the page: one takes the canvas, the next comes after it was shown.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#onFirstOutcome?.(undefined)));
  }

  #hide(): void {
    this.#epoch++;
    this.#visible = false;
    this.#revealing = false;
    this.#presenter.hide();
  }

  /** Takes stock after any change: native if something blocks, else the last picture in its new place, else a new frame. */
  #reconsider(): void {
    if (!this.#started || !this.#enabled || this.state === 'disposed') return;
    const wasNative = this.state === 'bypassed' || this.state === 'failed';
    if (this.#blocked()) return;
    const renderer = this.#link.renderer;
    if (this.#visible && renderer && this.#placement)
      this.#drawing.redraw(renderer, this.#placement, this.#settings.compare);
    else if (wasNative) this.#refresh();
  }

  /** Whether something blocks; if so, the native video shows from now on. */
  #blocked(): boolean {
    const { sourceSize, trouble } = this.#known;
    this.#placement = this.#presenter.place(sourceSize ?? { width: 1, height: 1 });
    const blocker = this.#fatal ?? findBlocker(this.#situation());
    if (!blocker) {
      if (this.state === 'bypassed' || this.state === 'failed') this.#status.to('starting');
      return false;
    }
    const lasting =
      blocker === this.#fatal ||
      (blocker === trouble?.error && !trouble.recovering) ||
      (blocker === this.#unpreparable() && !sizeFailures.has(blocker.code));
    this.#native(blocker, !lasting);
    return true;
  }

  #native(error: VitreousError, recovering: boolean): void {
    this.#hide();
    this.#status.native(error, recovering);
    // A broken video at start-up is the caller's error, though a new source would be picked up later.
    const failure = !recovering || error === this.#known.trouble?.error ? error : undefined;
    this.#onFirstOutcome?.(failure);
  }

  #situation(): Situation {
    const { sourceSize, highDynamicRange, trouble } = this.#known;
    return {
      overlay: this.#presenter.overlay,
      attached: this.#presenter.attached,
      pictureInPicture: this.#videoState?.pictureInPicture ?? false,
      encrypted: this.#videoState?.encrypted ?? false,
      displaySize: sizeOf(this.#placement),
      sourceSize,
      upscaling: this.#settings.upscale !== false,
      highDynamicRange,
      overBudget: this.#overBudget(),
      trouble: trouble?.error,
      unpreparable: this.#unpreparable(),
    };
  }

  #overBudget(): boolean {
    const { upscale } = this.#settings;
    return upscale !== false && upscale.quality === 'auto' && !upscale.force && this.#governor.level < 0;
  }

  #unpreparable(): VitreousError | undefined {
    const { sourceSize } = this.#known;
    return sourceSize && this.#preparation.failure(this.#want(sourceSize));
  }

  #quality(sourceSize: Size | undefined): Tier | ModelSource | undefined {
    const { upscale } = this.#settings;
    if (upscale === false) return undefined;
    if (!this.#presenter.overlay && sourceSize && this.#placement && upscaleBlocker(this.#plainSituation(sourceSize)))
      return undefined;
    return upscale.quality === 'auto' ? tierOf(Math.max(0, this.#governor.level)) : upscale.quality;
  }

  /** Of the conditions only those that decide on upscaling. */
  #plainSituation(sourceSize: Size): Pick<Situation, 'displaySize' | 'sourceSize' | 'overBudget'> {
    return { displaySize: sizeOf(this.#placement), sourceSize, overBudget: this.#overBudget() };
  }

  #want(size: Size): Want {
    const { upscale } = this.#settings;
    const precision = upscale === false || upscale.precision === 'auto' ? undefined : upscale.precision;
    return { size, quality: this.#quality(size), precision };
  }

  #onPrepared(): void {
    const { tier } = this.#preparation;
    const { sourceSize } = this.#known;
    const failed = this.#unpreparable();
    if (failed && this.#visible && this.#autoLevel() > 0) {
      // A dearer tier that cannot be had is no reason to lose the one that runs.
      this.#governor.forbid(this.#autoLevel());
      return;
    }
    if (tier !== this.#tier && !failed && sourceSize) {
      const from = this.#tier;
      this.#tier = tier;
      this.dispatchEvent(new TierEvent(from, tier));
    }
    if (failed) this.#reconsider();
    else this.#refresh();
  }

  #autoLevel(): number {
    const { upscale } = this.#settings;
    return upscale !== false && upscale.quality === 'auto' ? this.#governor.level : 0;
  }

  #onSample(gpuMs: number): void {
    const intervalMs = this.#source.frameIntervalMs;
    if (intervalMs === undefined || this.#tier === 'none' || this.#tier === 'custom') return;
    // A sample of the former tier, taken while the next one is being prepared, says nothing of the next.
    if (this.#tier !== tierOf(Math.max(0, this.#governor.level))) return;
    this.#governor.sample(gpuMs, intervalMs, performance.now());
    if (this.#overBudget()) this.#reconsider();
  }

  #onLost(loss: DeviceLoss): void {
    const error = new VitreousError({
      code: 'device-lost',
      stage: 'gpu',
      found: `a lost device (${loss.reason}): ${loss.message}`,
      expected: 'a device',
      fix: loss.borrowed ? 'Call enhance again with a new device.' : 'Nothing: another device is asked for.',
    });
    this.#preparation.cancel();
    const recovering = !loss.borrowed && this.#rebuilds < mostRebuilds;
    if (!recovering) {
      this.#fail(error);
      return;
    }
    this.#rebuilds++;
    this.#hide();
    if (this.#enabled && !this.#fatal) this.#status.native(error, true);
    this.#link.connect().then(
      () => this.#reconsider(),
      (thrown) => {
        if (!this.#lifetime.signal.aborted) this.#fail(asVitreousError(thrown, unexpected(thrown)));
      },
    );
  }

  #refresh(): void {
    if (this.#enabled && this.state !== 'disposed') this.#source.refresh();
  }

  /** For good, as far as this session is concerned: the native video shows. */
  #fail(error: VitreousError): void {
    if (this.state === 'disposed' || this.#fatal) return;
    this.#fatal = error;
    this.#native(error, false);
  }

  dispose(reason?: unknown): void {
    if (this.state === 'disposed') return;
    this.#lifetime.abort(reason);
    this.#source.close();
    this.#videoState?.close();
    this.#preparation.cancel();
    this.#presenter.dispose();
    this.#surface.release();
    this.#link.disconnect();
    this.#status.to('disposed');
    this.#onFirstOutcome?.(undefined);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function sizeOf(placement: Placement | undefined): Size {
  return { width: placement?.rect.width ?? 0, height: placement?.rect.height ?? 0 };
}

function unexpected(thrown: unknown) {
  return {
    code: 'stage-failed',
    stage: 'session',
    found: String(thrown),
    expected: 'a frame drawn',
    fix: 'Report this with the adapter info; the native video plays on.',
  } as const;
}
