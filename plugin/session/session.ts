import { bytesSavedBy } from '../core/bytes-saved.js';
import { disposeSymbol } from '../core/dispose.js';
import { asVitreousError, VitreousError } from '../core/errors.js';
import type { FrameSink, FrameSource, FrameTiming } from '../core/frame-source.js';
import { type Size, sameSize } from '../core/geometry.js';
import { pageOrigins } from '../core/model-origins.js';
import type { DeviceLoss } from '../gpu/device.js';
import { LiveRegion } from '../present/live-region.js';
import type { Presenter } from '../present/presenter.js';
import type { Surface } from '../present/surface.js';
import { TrackSource } from '../source/track-source.js';
import { VideoSource } from '../source/video-source.js';
import type { PromptAnswer } from './api/detections.js';
import {
  type ActiveTier,
  DrawEvent,
  type EnhancedState,
  type FallbackReason,
  FrameEvent,
  TierEvent,
} from './api/events.js';
import { onlyWebGpu } from './api/only-webgpu.js';
import type { EnhanceOptions, EnhanceSettings } from './api/options.js';
import type { SessionTarget } from './api/targets.js';
import { changeSettings, checkSize, type Settings } from './api/validate.js';
import { Debug } from './debug.js';
import { Captures } from './draw/captures.js';
import { Drawing } from './draw/drawing.js';
import type { FrameRenderer } from './draw/frame-renderer.js';
import { addMemory } from './draw/memory.js';
import { Models } from './draw/models.js';
import { Preparation } from './draw/preparation.js';
import { Rebuilds } from './draw/rebuilds.js';
import { RendererLink } from './draw/renderer-link.js';
import { takeSnapshot } from './draw/snapshot.js';
import type { Enhanced, EnhancedEvents, EnhancedStats } from './enhanced.js';
import { Findings } from './looks/findings.js';
import { openFromCatalog } from './looks/open-detector.js';
import { Continuity } from './pace/continuity.js';
import { Quality } from './pace/quality.js';
import { Conditions, type Verdict } from './page/conditions.js';
import { Curtain } from './page/curtain.js';
import { openOutlet } from './page/outlet.js';
import { Status } from './page/status.js';
import { VideoState } from './page/video-state.js';
import { type EnhancedReport, makeReport, RecentEvents } from './report.js';

/** Complaints of WebGPU between two losses that a session may live through. */
const mostComplaints = 3;

// EventTarget itself; TypeScript has no other way to name its events' types.
const EnhancedEventTarget = EventTarget as { new (): EnhancedEvents };

/**
 * One enhancement: wires source, stages and presenter, and decides frame by frame whether the enhanced or the native picture
 * shows. Whatever changes a condition ends in `#reconsider`.
 *
 * Longer than other files: each decision lives in a part of its own, and what is left is the one place where the parts meet.
 */
export class Session extends EnhancedEventTarget implements Enhanced, FrameSink {
  readonly output: 'page' | 'canvas' | 'texture';
  readonly video: HTMLVideoElement | undefined;
  readonly #source: FrameSource;
  readonly #presenter: Presenter;
  readonly #surface: Surface;
  readonly #videoState: VideoState | undefined;
  readonly #lifetime = new AbortController();
  readonly #models: Models;
  readonly #quality: Quality;
  readonly #link: RendererLink;
  readonly #drawing: Drawing;
  readonly #preparation: Preparation;
  readonly #conditions: Conditions;
  readonly #curtain: Curtain;
  readonly #status: Status;
  readonly #findings: Findings;
  readonly #captures = new Captures();
  readonly #rebuilds = new Rebuilds();
  readonly #debug: Debug;
  readonly #recent: RecentEvents;
  readonly #calledMs: number;
  #firstFrameMs: number | undefined;
  #enabled = true;
  /** False while the device and the weights are fetched: nothing can show yet, whatever changes. */
  #started = false;
  #tier: ActiveTier = 'none';
  readonly #continuity = new Continuity();
  /** Size of frames that are foreseen but have not come. */
  #upcoming: Size | undefined;
  /** Presentation time of the frame on screen. */
  #shownUs = 0;
  #complaints = 0;
  #onFirstOutcome: ((failure: VitreousError | undefined) => void) | undefined;

  /** `calledMs`: when the caller asked for it, on `performance.now()`'s clock. */
  constructor(target: SessionTarget, settings: Settings, options: EnhanceOptions, calledMs = performance.now()) {
    super();
    this.#calledMs = calledMs;
    this.#recent = new RecentEvents(this, calledMs);
    this.#quality = new Quality(settings, () => this.#source.frameIntervalMs);
    this.#status = new Status(this);
    const changed = () => this.#reconsider();
    const scale = () => this.#quality.pictureScale;
    const { presenter, surface } = openOutlet(target, options, { changed, scale });
    this.output = options.output ?? 'page';
    this.#presenter = presenter;
    this.#surface = surface;
    if ('videoWidth' in target) {
      this.video = target;
      this.#source = new VideoSource(target);
      this.#videoState = new VideoState(target, changed);
    } else this.#source = 'getSettings' in target ? new TrackSource(target) : target;
    this.#curtain = new Curtain(this.#presenter);
    const origins = pageOrigins(options.modelOrigins);
    this.#models = new Models(options.onProgress, origins);
    this.#preparation = new Preparation(this.#models, () => this.#onPrepared());
    this.#conditions = new Conditions({
      presenter: this.#presenter,
      videoState: this.#videoState,
      quality: this.#quality,
      preparation: this.#preparation,
      maxTextureSize: () => this.#link.renderer?.maxTextureSize,
    });
    this.#drawing = new Drawing({
      onCaughtUp: () => this.#refresh(),
      onCost: (cost) => this.#judge(() => this.#quality.frame(cost)),
      onBehind: (waitedMs) => this.#judge(() => this.#quality.behind(waitedMs)),
      onIdle: (waitMs) => this.#quality.idle(waitMs),
    });
    this.#findings = new Findings({
      target: this,
      open: openFromCatalog(origins),
      region: new LiveRegion(this.#presenter.canvas),
      takeHeat: (maps) => this.#link.renderer?.takeHeat(maps),
      refresh: () => this.#refresh(),
      redraw: () => this.#redrawOpen(),
    });
    this.#debug = new Debug({
      target: this,
      presenter,
      read: () => this.stats,
      onFailure: (thrown) => this.#findings.fail(failed(thrown)),
    });
    this.#link = new RendererLink({
      kind: options.renderer ?? 'auto',
      canvas: options.output === 'texture' ? undefined : this.#presenter.canvas,
      ownsCanvas: options.canvas === undefined,
      device: options.device,
      surface: this.#surface,
      signal: this.#lifetime.signal,
      alone: !this.#presenter.overlay,
      // Drawing alone is cheap enough for any adapter; a network is not. Where nothing else shows the picture it is drawn without.
      allowSoftware: () =>
        !this.#presenter.overlay || this.#quality.settings.upscale === false || this.#quality.settings.upscale.force,
      onLost: (loss) => this.#onLost(loss),
      onError: (error) => this.#onComplaint(error),
      compose: {
        onHighlights: () => this.#redrawOpen(),
        onHighlightError: (thrown) => this.#findings.fail(failed(thrown)),
      },
    });
  }

  /** Runs until the first frame is on screen or a reason to bypass is known. @throws as `enhance`. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const { signal: lifetime } = this.#lifetime;
    signal?.addEventListener('abort', () => this.dispose(signal.reason), { signal: lifetime });
    try {
      signal?.throwIfAborted();
      this.#debug.on = this.#quality.settings.debug;
      const outcome = new Promise<VitreousError | undefined>((resolve) => {
        this.#onFirstOutcome = resolve;
      });
      await this.#link.connect();
      this.#onConnected();
      // Weights before frames: a video that has not loaded yet does not delay the download.
      const { network } = this.#quality;
      const kind = this.#link.renderer?.kind;
      if (network && kind && kind !== '2d') await this.#models.open(network, kind, lifetime);
      lifetime.throwIfAborted();
      this.#started = true;
      this.#findings.configure(this.#quality.settings);
      this.#source.start(this);
      this.#reconsider();
      const failure = await outcome;
      lifetime.throwIfAborted();
      if (failure) throw failure;
      this.#status.tellStarted();
      this.#findings.releaseEarly();
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

  get texture(): GPUTexture | undefined {
    return this.#curtain.open ? this.#link.renderer?.output : undefined;
  }

  get device(): GPUDevice | undefined {
    return this.#link.renderer?.gpu?.device;
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
      renderer: this.#link.renderer?.kind,
      tier: this.#tier,
      firstFrameMs: this.#firstFrameMs,
      fps: counters.fps(performance.now()),
      gpuMs: Object.fromEntries(this.#link.renderer?.timer.stageMs ?? []),
      framesShown: counters.shown,
      framesDropped: counters.dropped,
      framesLate: counters.late,
      framesBypassed: counters.bypassed,
      framesByTier: counters.byTier,
      reusedShare: this.#link.renderer?.reusedShare,
      memoryBytes: addMemory([this.#link.renderer?.memoryBytes ?? {}, { detector: this.#findings.sizeBytes }]),
      bytesSaved: bytesSavedBy(this),
      faults: this.#recent.faults,
      sourceSize: this.#conditions.sourceSize ?? { width: 0, height: 0 },
      displaySize: this.#conditions.displaySize,
      detect: this.#findings.stats,
    };
  }

  get prompts(): readonly PromptAnswer[] {
    return this.#findings.answers;
  }

  detectionsAsVtt(): string {
    return this.#findings.toVtt();
  }

  report(): EnhancedReport {
    const [{ settings }, gpu] = [this.#quality, this.#link.renderer?.gpu];
    return makeReport({ settings, stats: this.stats, gpu, video: this.video, recent: this.#recent });
  }

  snapshot(): Promise<Blob> {
    const renderer = this.#curtain.open ? this.#link.renderer : undefined;
    return takeSnapshot(renderer, this.#findings.highlights(this.#shownUs), this.#conditions.placement);
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

  set(settings: EnhanceSettings): void {
    this.#quality.change(changeSettings(settings, this.#quality.settings));
    this.#debug.on = this.#quality.settings.debug && this.state !== 'disposed';
    if (settings.upscale !== undefined) {
      this.#preparation.retry();
      this.#tellMissingTier();
    }
    if (this.#started && this.state !== 'disposed') this.#findings.configure(this.#quality.settings);
    this.#reconsider();
    if (settings.upscale !== undefined || settings.detect !== undefined) this.#refresh();
  }

  #onConnected(): void {
    const { renderer } = this.#link;
    if (!renderer) return;
    this.#quality.limit(renderer, !this.#presenter.overlay);
    this.#tellMissingTier();
  }

  /** Another tier is drawn with than the one that was asked for, or none. */
  #tellMissingTier(): void {
    const [{ missingTier, network, declined }, { renderer }] = [this.#quality, this.#link];
    if (!renderer) return;
    if (declined) this.#findings.fail(declined);
    else if (missingTier)
      this.#findings.fail(onlyWebGpu('upscale', `tier '${missingTier}'`, `WebGPU; '${network}' is used instead`));
  }

  frame(frame: VideoFrame, timing: FrameTiming): void {
    const { shown } = this.#drawing.counters;
    this.#take(frame, timing);
    this.#debug.touch();
    if (this.#captures.none) return;
    const [{ placement }, { renderer }] = [this.#conditions, this.#link];
    if (!this.#curtain.open) this.#captures.native(frame, this.#quality.pictureScale);
    else if (renderer && placement && this.#drawing.counters.shown > shown)
      this.#captures.enhanced(renderer, placement, this.#findings.highlights(this.#shownUs), this.canvas);
  }

  #take(frame: VideoFrame, timing: FrameTiming): void {
    if (!this.#active) return;
    this.#continuity.came(timing);
    const { counters } = this.#drawing;
    const native = this.video !== undefined && !this.#curtain.open;
    counters.miss(timing.skipped, native);
    const size = this.#conditions.sawFrame(frame);
    if (sameSize(this.#upcoming, size)) this.#upcoming = undefined;
    this.#quality.idle();
    this.#presenter.follow();
    const { renderer } = this.#link;
    if (this.#blocked() || !renderer) {
      counters.miss(1, this.video !== undefined);
      if (renderer && this.#quality.overBudget) {
        this.#quality.frameCame(renderer.gpu?.device);
        this.#drawing.probe(renderer);
      }
      return;
    }
    this.#quality.frameCame(renderer.gpu?.device);
    const standing = this.#preparation.request(renderer, this.#conditions.want(size));
    this.#noteTier();
    if (standing === 'ready' || standing === 'usable') {
      if (this.#drawing.busy(native)) this.#findings.late(timing);
      else this.#draw(renderer, frame, timing);
      return;
    }
    counters.miss(1, this.video !== undefined);
    // The last picture is of another size: the native one shows until this size is ready.
    if (!this.#curtain.closed) this.#curtain.close();
    if (this.state === 'running') this.#status.to('starting');
  }

  async prepare(size: Size | undefined): Promise<boolean> {
    this.#upcoming = size && checkSize(size);
    if (!size) this.#preparation.dropForeseen();
    return this.#prepareUpcoming();
  }

  /** Builds what foreseen frames will need, anew whenever something else is wanted. */
  async #prepareUpcoming(): Promise<boolean> {
    const [size, { renderer }] = [this.#upcoming, this.#link];
    if (!size || !renderer || !this.#active || sameSize(size, this.#conditions.sourceSize)) return false;
    const want = this.#conditions.wantUpcoming(size);
    if (want) return this.#preparation.foresee(renderer, want);
    this.#preparation.dropForeseen();
    return false;
  }

  trouble(error: VitreousError, recovering: boolean): void {
    this.#conditions.sawTrouble(error, recovering);
    this.#reconsider();
  }

  reset(): void {
    this.#conditions.forgetSource();
    this.#upcoming = undefined;
    this.#continuity.end();
    this.#preparation.dropForeseen();
    this.#findings.newSource();
    this.#curtain.close();
    if (this.#active && !this.#conditions.fatal) this.#status.to('starting');
  }

  get #active(): boolean {
    return this.#started && this.#enabled && this.state !== 'disposed';
  }

  #draw(renderer: FrameRenderer, frame: VideoFrame, timing: FrameTiming): void {
    const { placement } = this.#conditions;
    if (!placement) return;
    const { compare, upscale } = this.#quality.settings;
    if (upscale !== false) renderer.strength = upscale.strength;
    const highlights = this.#findings.highlights(timing.timestampUs);
    const as = { tier: this.#tier, placement, compare, highlights, measure: this.#quality.late };
    const draw = () => this.#drawing.draw(renderer, frame, timing, as);
    if (this.#continuity.takeBreak()) renderer.reset?.();
    try {
      if (this.#curtain.closed) this.#reveal(renderer, renderer.checked('first frame', draw));
      else draw();
    } catch (thrown) {
      this.#fail(failed(thrown));
      return;
    }
    this.#shownUs = timing.timestampUs;
    this.#look(renderer, frame, timing);
    this.dispatchEvent(new FrameEvent(timing.timestampUs));
    this.#tellDrawn();
  }

  /** After the frame's own submit: it does not wait for a look. */
  #look(renderer: FrameRenderer, frame: VideoFrame, { timestampUs, moved }: FrameTiming): void {
    const { spec, gpu, readCuts } = renderer;
    renderer.watchesCuts = this.#findings.on;
    const image = gpu ? renderer.frame : frame;
    if (image && spec) this.#findings.frame({ gpu, image, size: spec.size, timestampUs, moved, readCuts });
  }

  #reveal(renderer: FrameRenderer, drawn: Promise<void>): void {
    this.#curtain
      .raise(renderer, drawn, () => this.#redraw(renderer))
      .then(
        (shown) => {
          if (!shown) return;
          this.#rebuilds.shown(performance.now());
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
    if (this.#curtain.open) this.dispatchEvent(new DrawEvent(this.#shownUs));
  }

  #onShown(): void {
    this.#firstFrameMs ??= performance.now() - this.#calledMs;
    this.#onFirstOutcome?.(undefined);
  }

  #redraw(renderer: FrameRenderer): boolean {
    const { placement } = this.#conditions;
    if (!placement || this.#link.renderer !== renderer) return false;
    const highlights = this.#findings.highlights(this.#shownUs);
    const drawn = this.#drawing.redraw(renderer, { placement, highlights, compare: this.#quality.settings.compare });
    if (drawn) this.#tellDrawn();
    return drawn;
  }

  /** What is on screen has changed but for its frame. */
  #redrawOpen(): void {
    const { renderer } = this.#link;
    if (this.#active && renderer && this.#curtain.open) this.#redraw(renderer);
  }

  /** Takes stock after any change: native if something blocks, else the last picture in its new place, else a new frame. */
  #reconsider(): void {
    if (!this.#active) return;
    const wasNative = this.state === 'bypassed' || this.state === 'failed';
    if (this.#blocked()) return;
    if (this.#curtain.open) this.#redrawOpen();
    else if (wasNative) this.#refresh();
  }

  /** Whether something blocks; if so, the native video shows from now on. */
  #blocked(): boolean {
    const verdict = this.#conditions.judge();
    if (verdict) this.#native(verdict);
    // Between a loss and the next device the loss stays the reason.
    else if (this.#link.renderer && (this.state === 'bypassed' || this.state === 'failed')) this.#status.to('starting');
    return verdict !== undefined;
  }

  #native({ error, recovering, source }: Verdict): void {
    this.#curtain.close();
    this.#status.native(error, recovering);
    this.#onFirstOutcome?.(recovering && !source ? undefined : error);
  }

  #onPrepared(): void {
    if (this.#conditions.unpreparable) {
      // A dearer tier that cannot be had is no reason to lose the one that runs.
      if (!(this.#curtain.open && this.#quality.stepDown())) this.#reconsider();
      return;
    }
    this.#noteTier();
    this.#refresh();
    void this.#prepareUpcoming();
  }

  #noteTier(): void {
    const from = this.#tier;
    this.#tier = this.#preparation.tier;
    if (from !== this.#tier) this.dispatchEvent(new TierEvent(from, this.#tier));
  }

  /** Takes a measurement; over budget, the native video shows at once. */
  #judge(take: () => void): void {
    take();
    if (this.#quality.overBudget) this.#reconsider();
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
    this.#findings.disconnect();
    this.#curtain.close();
    this.#complaints = 0;
    const another = this.#rebuilds.lost(performance.now());
    if (loss.borrowed || !another) {
      this.#fail(error);
      return;
    }
    if (this.#active && !this.#conditions.fatal) this.#status.native(error, true);
    this.#link.reconnect().then(
      (renderer) => {
        this.#quality.limit(renderer, !this.#presenter.overlay);
        this.#reconsider();
        // A loss while starting is no reason for anything, and a paused video gives its frame once.
        this.#refresh();
      },
      (thrown) => {
        if (!this.#lifetime.signal.aborted) this.#fail(failed(thrown));
      },
    );
  }

  /**
   * WebGPU complained outside of any scope, and it is not known of whose work: the device may be shared. The native video shows until a
   * frame of ours has been drawn, inside scopes, without complaint.
   */
  #onComplaint(error: VitreousError): void {
    if (this.#findings.complained(error)) return;
    // One bad frame is several errors. What is drawn after the first of them is drawn inside scopes.
    if (!this.#curtain.open) return;
    this.#complaints++;
    if (this.#complaints > mostComplaints) {
      this.#fail(error);
      return;
    }
    this.#findings.fail(error);
    this.#link.renderer?.reset?.();
    this.#curtain.close();
    this.#status.to('starting');
    this.#refresh();
  }

  #refresh(): void {
    if (this.#active) this.#source.refresh();
  }

  /** The native video shows for good. */
  #fail(error: VitreousError): void {
    if (this.state === 'disposed' || this.#conditions.fatal) return;
    this.#conditions.setFatal(error);
    if (this.#enabled) this.#native({ error, recovering: false, source: false });
  }

  dispose(reason?: unknown): void {
    if (this.state === 'disposed') return;
    this.#lifetime.abort(reason);
    this.#source.stop();
    this.#videoState?.close();
    this.#quality.leave();
    this.#preparation.cancel();
    this.#findings.dispose();
    this.#captures.close();
    this.#debug.on = false;
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

function failed(thrown: unknown): VitreousError {
  return asVitreousError(thrown, {
    code: 'stage-failed',
    stage: 'session',
    found: String(thrown),
    expected: 'a frame drawn',
    fix: 'Report this with the adapter info; the native video plays on.',
  });
}
