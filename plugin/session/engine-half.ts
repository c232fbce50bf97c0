import type { Highlights } from '../compose/highlights.js';
import { asVitreousError, VitreousError } from '../core/errors.js';
import type { FrameTiming } from '../core/frame-source.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { DeviceLoss, GpuDevice } from '../gpu/device.js';
import type { ActiveTier } from './api/events.js';
import { onlyWebGpu } from './api/only-webgpu.js';
import type { Settings } from './api/validate.js';
import type { Captures } from './draw/captures.js';
import { Drawing } from './draw/drawing.js';
import type { FrameRenderer } from './draw/frame-renderer.js';
import type { LinkEvents } from './draw/gpu-link.js';
import { addMemory } from './draw/memory.js';
import type { Models } from './draw/models.js';
import { Preparation } from './draw/preparation.js';
import { Rebuilds } from './draw/rebuilds.js';
import type { Link } from './draw/renderer-link.js';
import { takeSnapshot } from './draw/snapshot.js';
import type { OpenDetector } from './looks/detector-link.js';
import { Findings, type FindingsEvents } from './looks/findings.js';
import { Conditions, type PageState, type Verdict } from './pace/conditions.js';
import { Continuity } from './pace/continuity.js';
import { decide } from './pace/decide.js';
import { Quality } from './pace/quality.js';

/** Complaints of WebGPU between two losses that a session may live through. */
const mostComplaints = 3;

/** What an engine's half is made of; each part can be another one. */
export interface EngineHalfParts {
  readonly settings: Settings;
  /** Milliseconds between the source's frames by what has been seen. */
  readonly frameIntervalMs: () => number | undefined;
  readonly openLink: (events: LinkEvents) => Link;
  readonly models: Models;
  readonly openDetector: OpenDetector;
  /** Nothing but the canvas shows the picture: frames are drawn as they are where no network runs. */
  readonly alone: boolean;
}

/** What it tells the page of its own accord. */
export interface EngineHalfEvents extends FindingsEvents {
  /** Something that decides has changed, such as a measured cost: judge anew. */
  readonly onChange: () => void;
  /** The current frame is wanted once more. */
  readonly onWant: () => void;
  /** The last picture is to be drawn again: highlights have changed. */
  readonly onStale: () => void;
  readonly onTier: (from: ActiveTier, to: ActiveTier) => void;
  /** What is on screen may be wrong: the native video shows until another frame is drawn without complaint. */
  readonly onDoubt: () => void;
  /** The device is gone, and another is asked for. */
  readonly onLost: (error: VitreousError) => void;
  /** The native video shows for good. */
  readonly onFatal: (error: VitreousError) => void;
}

/** What became of a frame. */
export type FrameOutcome =
  /** `first`: it is the first since the canvas was hidden; resolves once the GPU is done with it without complaint. */
  | { readonly did: 'draw'; readonly first: Promise<void> | undefined }
  | { readonly did: 'wait'; readonly for: 'device' | 'preparation' | 'queue' }
  | { readonly did: 'native'; readonly verdict: Verdict }
  | { readonly did: 'fail'; readonly error: VitreousError };

/** How it goes, as plain data: the engine's part of `EnhancedStats`. */
export type EngineStats = ReturnType<EngineHalf['stats']>;

/**
 * The half of a session that draws, paces and looks. It touches no page: what it knows of one comes as `PageState` with each call, so that it can run in
 * a worker. The other half, `Session`, keeps place, curtain and the events that a page listens to.
 */
export class EngineHalf {
  readonly #events: EngineHalfEvents;
  readonly #link: Link;
  readonly #models: Models;
  readonly #quality: Quality;
  readonly #preparation: Preparation;
  readonly #conditions: Conditions;
  readonly #drawing: Drawing;
  readonly #findings: Findings;
  readonly #alone: boolean;
  readonly #continuity = new Continuity();
  readonly #rebuilds = new Rebuilds();
  #tier: ActiveTier = 'none';
  /** Size of frames that are foreseen but have not come. */
  #upcoming: Size | undefined;
  /** Presentation time of the frame on screen. */
  #shownUs = 0;
  #complaints = 0;

  constructor(parts: EngineHalfParts, events: EngineHalfEvents) {
    const { settings, frameIntervalMs, openLink, models, openDetector, alone } = parts;
    this.#events = events;
    this.#alone = alone;
    this.#models = models;
    this.#quality = new Quality(settings, frameIntervalMs);
    this.#preparation = new Preparation(models, () => this.#onPrepared());
    this.#conditions = new Conditions({
      quality: this.#quality,
      preparation: this.#preparation,
      maxTextureSize: () => this.#link.renderer?.maxTextureSize,
    });
    this.#drawing = new Drawing({
      onCaughtUp: () => events.onWant(),
      onCost: (cost) => this.#judgeCost(() => this.#quality.frame(cost)),
      onBehind: (waitedMs) => this.#judgeCost(() => this.#quality.behind(waitedMs)),
      onIdle: (waitMs) => this.#quality.idle(waitMs),
    });
    this.#findings = new Findings({
      open: openDetector,
      events,
      takeHeat: (maps) => this.#link.renderer?.takeHeat(maps),
      refresh: () => events.onWant(),
      redraw: () => events.onStale(),
    });
    this.#link = openLink({
      // Drawing alone is cheap enough for any adapter; a network is not. Where nothing else shows the picture it is drawn without.
      allowSoftware: () => alone || this.#quality.settings.upscale === false || this.#quality.settings.upscale.force,
      onLost: (loss) => this.#onLost(loss),
      onError: (error) => this.#onComplaint(error),
      compose: {
        onHighlights: () => events.onStale(),
        onHighlightError: (thrown) => this.#findings.fail(failed(thrown)),
      },
    });
  }

  /** Connects a device and opens the network, weights before frames: a video that has not loaded yet does not delay the download. @throws VitreousError. */
  async start(signal: AbortSignal): Promise<void> {
    const renderer = await this.#link.connect();
    this.#quality.limit(renderer, this.#alone);
    this.#tellMissingTier();
    const [{ network }, { kind }] = [this.#quality, renderer];
    if (network && kind !== '2d') await this.#models.open(network, kind, signal);
    signal.throwIfAborted();
    this.#findings.configure(this.#quality.settings);
  }

  get settings(): Settings {
    return this.#quality.settings;
  }

  get tier(): ActiveTier {
    return this.#tier;
  }

  /** Display size of the source, pixels; undefined before the first frame. */
  get sourceSize(): Size | undefined {
    return this.#conditions.sourceSize;
  }

  /** Pixels of the picture a pixel of the source, off the page. */
  get pictureScale(): number {
    return this.#quality.pictureScale;
  }

  /** Presentation time of the frame on screen, microseconds. */
  get shownUs(): number {
    return this.#shownUs;
  }

  /** It has ended, whatever else changes. */
  get fatal(): boolean {
    return this.#conditions.fatal;
  }

  /** There is a device, or a WebGL context, to draw with. */
  get connected(): boolean {
    return this.#link.renderer !== undefined;
  }

  /** The device in use, on the same thread; undefined without WebGPU. */
  get gpu(): GpuDevice | undefined {
    return this.#link.renderer?.gpu;
  }

  /** The last picture, on the same thread. */
  get output(): GPUTexture | undefined {
    return this.#link.renderer?.output;
  }

  get answers(): Findings['answers'] {
    return this.#findings.answers;
  }

  stats() {
    const [{ counters }, { renderer }] = [this.#drawing, this.#link];
    return {
      renderer: renderer?.kind,
      tier: this.#tier,
      fps: counters.fps(performance.now()),
      gpuMs: Object.fromEntries(renderer?.timer.stageMs ?? []),
      framesShown: counters.shown,
      framesDropped: counters.dropped,
      framesLate: counters.late,
      framesBypassed: counters.bypassed,
      framesByTier: counters.byTier,
      reusedShare: renderer?.reusedShare,
      memoryBytes: addMemory([renderer?.memoryBytes ?? {}, { detector: this.#findings.sizeBytes }]),
      sourceSize: this.#conditions.sourceSize ?? { width: 0, height: 0 },
      displaySize: this.#conditions.displaySize,
      detect: this.#findings.stats,
    };
  }

  configure(settings: Settings, { upscaling, looking }: { upscaling: boolean; looking: boolean }): void {
    this.#quality.change(settings);
    if (upscaling) {
      this.#preparation.retry();
      this.#tellMissingTier();
    }
    if (looking) this.#findings.configure(settings);
  }

  /** Takes note of a page that has changed. */
  see(page: PageState): void {
    this.#conditions.see(page);
  }

  /** Says what speaks against enhanced frames on a page as it is now; undefined if nothing does. */
  judge(page: PageState): Verdict | undefined {
    return this.#conditions.judge(page);
  }

  /** Takes a frame, and draws it unless something is against it. The frame stays the caller's. */
  take(frame: VideoFrame, timing: FrameTiming, page: PageState): FrameOutcome {
    this.#continuity.came(timing);
    const { counters } = this.#drawing;
    const native = page.plays && page.curtain !== 'open';
    counters.miss(timing.skipped, native);
    const size = this.#conditions.sawFrame(frame);
    if (sameSize(this.#upcoming, size)) this.#upcoming = undefined;
    this.#quality.idle();
    const { renderer } = this.#link;
    const verdict = this.#conditions.judge(page);
    if (renderer && (!verdict || this.#quality.overBudget)) this.#quality.frameCame(renderer.gpu?.device);
    const standing =
      verdict || !renderer ? undefined : this.#preparation.request(renderer, this.#conditions.want(size));
    if (standing) this.#noteTier();
    const decision = decide({ verdict, connected: renderer !== undefined, standing, behind: this.#drawing.behind });
    if (decision.do === 'draw' && renderer) return this.#draw(renderer, frame, timing, page);
    if (decision.do === 'wait' && decision.for === 'queue') {
      this.#drawing.drop(native);
      this.#findings.late(timing);
    } else {
      counters.miss(1, page.plays);
      if (verdict && renderer && this.#quality.overBudget) this.#drawing.probe(renderer);
    }
    if (decision.do === 'native') return { did: 'native', verdict: decision.verdict };
    return { did: 'wait', for: decision.do === 'wait' ? decision.for : 'device' };
  }

  #draw(renderer: FrameRenderer, frame: VideoFrame, timing: FrameTiming, page: PageState): FrameOutcome {
    const { compare, upscale } = this.#quality.settings;
    if (upscale !== false) renderer.strength = upscale.strength;
    const highlights = this.#findings.highlights(timing.timestampUs);
    const { placement } = page;
    const as = { tier: this.#tier, placement, compare, highlights, measure: this.#quality.late };
    const draw = () => this.#drawing.draw(renderer, frame, timing, as);
    if (this.#continuity.takeBreak()) renderer.reset?.();
    let first: Promise<void> | undefined;
    try {
      if (page.curtain === 'closed') first = renderer.checked('first frame', draw).then(() => renderer.done());
      else draw();
    } catch (thrown) {
      return { did: 'fail', error: failed(thrown) };
    }
    this.#shownUs = timing.timestampUs;
    this.#look(renderer, frame, timing);
    return { did: 'draw', first };
  }

  /** After the frame's own submit: it does not wait for a look. */
  #look(renderer: FrameRenderer, frame: VideoFrame, { timestampUs, moved }: FrameTiming): void {
    const { spec, gpu, readCuts } = renderer;
    renderer.watchesCuts = this.#findings.on;
    const image = gpu ? renderer.frame : frame;
    if (image && spec) this.#findings.frame({ gpu, image, size: spec.size, timestampUs, moved, readCuts });
  }

  /** The canvas shows a picture by now. */
  shown(): void {
    this.#rebuilds.shown(performance.now());
  }

  /** Draws the last picture again, with the page as it is now. False: the next frame has to come first. */
  redraw({ placement }: PageState): boolean {
    const { renderer } = this.#link;
    if (!renderer) return false;
    const { compare } = this.#quality.settings;
    return this.#drawing.redraw(renderer, { placement, highlights: this.#highlights, compare });
  }

  get #highlights(): Highlights | undefined {
    return this.#findings.highlights(this.#shownUs);
  }

  /** @throws (rejects) VitreousError `snapshot-unavailable`. `shows`: an enhanced picture is on screen. */
  snapshot(shows: boolean): Promise<Blob> {
    return takeSnapshot(shows ? this.#link.renderer : undefined, this.#highlights, this.#conditions.placement);
  }

  /** In the task in which the picture was drawn, on `canvas`: gives it to the streams that go out. */
  capture(captures: Captures, canvas: HTMLCanvasElement): void {
    const [{ placement }, { renderer }] = [this.#conditions, this.#link];
    if (renderer && placement) captures.enhanced(renderer, placement, this.#highlights, canvas);
  }

  /** Builds what frames of another size, still to come, will need; undefined: none are expected. `active`: frames are drawn. */
  async prepare(size: Size | undefined, active: boolean): Promise<boolean> {
    this.#upcoming = size;
    if (!size) this.#preparation.dropForeseen();
    return active && this.#prepareUpcoming();
  }

  /** Builds what foreseen frames will need, anew whenever something else is wanted. */
  async #prepareUpcoming(): Promise<boolean> {
    const [size, { renderer }] = [this.#upcoming, this.#link];
    if (!size || !renderer || sameSize(size, this.#conditions.sourceSize)) return false;
    const want = this.#conditions.wantUpcoming(size);
    if (want) return this.#preparation.foresee(renderer, want);
    this.#preparation.dropForeseen();
    return false;
  }

  sawTrouble(error: VitreousError, recovering: boolean): void {
    this.#conditions.sawTrouble(error, recovering);
  }

  /** Nothing is known of the new source. */
  newSource(): void {
    this.#conditions.forgetSource();
    this.#upcoming = undefined;
    this.#continuity.end();
    this.#preparation.dropForeseen();
    this.#findings.newSource();
  }

  /** The end, whatever else changes. The first one counts. */
  setFatal(error: VitreousError): void {
    this.#conditions.setFatal(error);
  }

  /** Something beside the picture cannot be had. */
  failBeside(thrown: unknown): void {
    this.#findings.fail(failed(thrown));
  }

  /** The page can listen from now on. */
  releaseEarly(): void {
    this.#findings.releaseEarly();
  }

  detectionsAsVtt(): string {
    return this.#findings.toVtt();
  }

  /** The tier that draws is not always the one that was asked for; sometimes there is none. */
  #tellMissingTier(): void {
    const [{ missingTier, network, declined }, { renderer }] = [this.#quality, this.#link];
    if (!renderer) return;
    if (declined) this.#findings.fail(declined);
    else if (missingTier)
      this.#findings.fail(onlyWebGpu('upscale', `tier '${missingTier}'`, `WebGPU; '${network}' is used instead`));
  }

  #noteTier(): void {
    const from = this.#tier;
    this.#tier = this.#preparation.tier;
    if (from !== this.#tier) this.#events.onTier(from, this.#tier);
  }

  /** Takes a measurement; over budget, the native video shows at once. */
  #judgeCost(take: () => void): void {
    take();
    if (this.#quality.overBudget) this.#events.onChange();
  }

  #onPrepared(): void {
    if (this.#conditions.unpreparable) {
      // A dearer tier that cannot be had is no reason to lose the one that runs.
      if (!(this.#open && this.#quality.stepDown())) this.#events.onChange();
      return;
    }
    this.#noteTier();
    this.#events.onWant();
    void this.#prepareUpcoming();
  }

  get #open(): boolean {
    return this.#conditions.page?.curtain === 'open';
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
    this.#complaints = 0;
    const another = this.#rebuilds.lost(performance.now());
    if (loss.borrowed || !another) {
      this.#events.onFatal(error);
      return;
    }
    this.#events.onLost(error);
    this.#link.reconnect().then(
      (renderer) => {
        this.#quality.limit(renderer, this.#alone);
        this.#events.onChange();
        // A loss while starting is no reason for anything, and a paused video gives its frame once.
        this.#events.onWant();
      },
      (thrown) => this.#events.onFatal(failed(thrown)),
    );
  }

  /**
   * WebGPU complained outside of any scope, and it is not known of whose work: the device may be shared. The native video shows until a
   * frame of ours has been drawn, inside scopes, without complaint.
   */
  #onComplaint(error: VitreousError): void {
    if (this.#findings.complained(error)) return;
    // One bad frame is several errors. What is drawn after the first of them is drawn inside scopes.
    if (!this.#open) return;
    this.#complaints++;
    if (this.#complaints > mostComplaints) {
      this.#events.onFatal(error);
      return;
    }
    this.#findings.fail(error);
    this.#link.renderer?.reset?.();
    this.#events.onDoubt();
    this.#events.onWant();
  }

  dispose(): void {
    this.#quality.leave();
    this.#preparation.cancel();
    this.#findings.dispose();
    this.#link.disconnect();
  }
}

/** What was thrown, as an error that says what to do. */
export function failed(thrown: unknown): VitreousError {
  return asVitreousError(thrown, {
    code: 'stage-failed',
    stage: 'session',
    found: String(thrown),
    expected: 'a frame drawn',
    fix: 'Report this with the adapter info; the native video plays on.',
  });
}
