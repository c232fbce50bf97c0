import type { ComposeEvents, ComposeLayout } from '../../compose/compose-stage.js';
import { ComposeStage } from '../../compose/compose-stage.js';
import { readBack } from '../../compose/read-back.js';
import { disposeSymbol } from '../../core/dispose.js';
import { notReady, type VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { CutDetector } from '../../detect/cut-detector.js';
import type { GpuDevice } from '../../gpu/device.js';
import { GpuTimer } from '../../gpu/timer.js';
import { textureUsage } from '../../gpu/usage.js';
import { CanvasSurface } from '../../present/canvas-surface.js';
import type { Surface } from '../../present/surface.js';
import type { FrameRenderer, RigSpec } from './frame-renderer.js';
import { addMemory, type MemoryBytes } from './memory.js';
import { softwareAdapter } from './probe.js';
import { ReusedShare } from './reused-share.js';
import { buildRig, disposeRig, type Rig, rigMemory } from './rig.js';

/** All GPU work of a session on one WebGPU device, one submit a frame. */
export class Renderer implements FrameRenderer {
  readonly kind = 'webgpu';
  readonly gpu: GpuDevice;
  readonly timer: GpuTimer;
  /** How much of the network's work is seen from the next frame on, 0 to 1. */
  strength = 1;
  readonly #compose: ComposeStage;
  readonly #surface: Surface;
  #rig: Rig | undefined;
  /** Drew the last picture, while the rig has drawn none yet. */
  #former: Rig | undefined;
  /** What the last picture was drawn on; undefined where it needed no drawing. */
  #target: GPUTexture | undefined;
  /** Stands ready for frames of another size that are still to come. */
  #foreseen: Rig | undefined;
  /** Made when a picture is first wanted beside the one on screen. */
  #aside: { readonly canvas: OffscreenCanvas; readonly surface: CanvasSurface } | undefined;
  #cuts: CutDetector | 'pending' | 'none' | undefined;
  readonly #reused = new ReusedShare();
  #disposed = false;

  /** `surface`: configured for the device. */
  constructor(gpu: GpuDevice, surface: Surface, events: ComposeEvents) {
    this.gpu = gpu;
    this.#surface = surface;
    this.timer = new GpuTimer(gpu, ['ingest', 'upscale', 'compose']);
    this.#compose = new ComposeStage(gpu, events);
  }

  get unfit(): VitreousError | undefined {
    const { software, description } = this.gpu.caps;
    return software ? softwareAdapter(description) : undefined;
  }

  get maxTextureSize(): number {
    return this.gpu.caps.maxTextureDimension2D;
  }

  /** What stands ready; undefined before the first `prepare`. */
  get spec(): RigSpec | undefined {
    return this.#rig?.spec;
  }

  get reusedShare(): number | undefined {
    return this.#reused.value;
  }

  /** Where the last frame is, rgba8unorm at display size; stays until the next one is drawn. */
  get frame(): GPUTexture | undefined {
    return this.#rig?.ingest.frames[this.#rig.ingest.turn];
  }

  /** Counts cuts from one of the next frames on, or no longer. Where it cannot be compiled, cuts are not seen. */
  set watchesCuts(wanted: boolean) {
    if (wanted === (this.#cuts !== undefined)) return;
    if (wanted) this.#createCuts();
    else this.#forgetCuts();
  }

  #createCuts(): void {
    this.#cuts = 'pending';
    CutDetector.create(this.gpu).then(
      (cuts) => {
        if (this.#cuts !== 'pending' || this.#disposed) {
          cuts.dispose();
          return;
        }
        this.#cuts = cuts;
        this.#bindCuts();
      },
      () => {
        if (this.#cuts === 'pending') this.#cuts = 'none';
      },
    );
  }

  /** Reads the number of cuts up to the last frame; undefined where they are not counted. */
  get readCuts(): (() => Promise<number>) | undefined {
    const cuts = this.#cuts;
    return typeof cuts === 'object' ? () => cuts.read() : undefined;
  }

  get memoryBytes(): MemoryBytes {
    const cuts = typeof this.#cuts === 'object' ? this.#cuts.sizeBytes : 0;
    return addMemory([
      ...[this.#rig, this.#former, this.#foreseen].map(rigMemory),
      this.#compose.memoryBytes,
      { picture: this.#surface.sizeBytes, detector: cuts, rest: this.timer.sizeBytes },
    ]);
  }

  #bindCuts(): void {
    if (typeof this.#cuts !== 'object' || !this.#rig) return;
    this.#cuts.bind(this.#rig.ingest.frames);
    this.#compose.cutCount = this.#cuts.count;
  }

  #forgetCuts(): void {
    if (typeof this.#cuts === 'object') this.#cuts.dispose();
    this.#cuts = undefined;
    this.#compose.cutCount = undefined;
  }

  /** Takes over the heat maps of a look, one a prompt. */
  takeHeat(maps: readonly (GPUTexture | undefined)[]): void {
    this.#compose.takeHeat(maps);
  }

  /**
   * Builds what a spec needs while the former rig goes on drawing, then takes its place.
   *
   * @throws VitreousError of the stage that cannot be prepared; the signal's reason. The former rig stays then.
   */
  async prepare(spec: RigSpec, signal: AbortSignal): Promise<void> {
    // Both to their end: one that goes on after the other failed would allocate after disposal.
    const [built, composed] = await Promise.allSettled([
      buildRig(this.gpu, spec, signal),
      this.#compose.prepare(this.#surface.format, signal),
    ]);
    if (built.status === 'rejected') throw built.reason;
    try {
      if (composed.status === 'rejected') throw composed.reason;
      signal.throwIfAborted();
      this.#install(built.value);
    } catch (thrown) {
      disposeRig(built.value);
      throw thrown;
    }
  }

  /**
   * Builds what a spec needs and keeps it beside the rig that draws until `takeForeseen`. There is one such rig at most: the former is
   * dropped first.
   *
   * @throws VitreousError of the stage that cannot be prepared; the signal's reason.
   */
  async foresee(spec: RigSpec, signal: AbortSignal): Promise<void> {
    this.dropForeseen();
    const rig = await buildRig(this.gpu, spec, signal);
    if (signal.aborted || this.#disposed) {
      disposeRig(rig);
      signal.throwIfAborted();
    } else this.#foreseen = rig;
  }

  dropForeseen(): void {
    disposeRig(this.#foreseen);
    this.#foreseen = undefined;
  }

  /** Lets the foreseen rig draw from the next frame on. False: there is none, or nothing was prepared before. */
  takeForeseen(): boolean {
    const rig = this.#foreseen;
    if (!rig || !this.#rig) return false;
    this.#foreseen = undefined;
    this.#install(rig);
    return true;
  }

  #install(rig: Rig): void {
    this.#compose.bind(rig.ingest.frames, rig.picture);
    // The picture of the former one is the last until a frame has been drawn with this one.
    if (this.#former) disposeRig(this.#rig);
    else this.#former = this.#rig;
    this.#rig = rig;
    this.#bindCuts();
    // Times of the former rig say nothing of this one.
    this.timer.stageMs.clear();
    this.#reused.forget();
    if (this.#disposed) disposeRig(this.#rig);
  }

  /**
   * Draws a frame: import, encode, submit, all in this task.
   *
   * @throws VitreousError `frame-import`.
   */
  draw(frame: VideoFrame, layout: ComposeLayout, sample: boolean): void {
    const rig = this.#live();
    const target = this.#takeTarget(layout);
    if (target) this.#compose.arrange(layout);
    try {
      rig.ingest.import(frame);
      this.timer.beginFrame(sample);
      const encoder = this.gpu.device.createCommandEncoder({ label: 'vitreous/frame' });
      rig.ingest.record(encoder, this.timer);
      if (typeof this.#cuts === 'object') this.#cuts.record(encoder, rig.ingest.turn);
      if (rig.upscale) {
        rig.upscale.strength = this.strength;
        rig.upscale.record(encoder, this.timer, rig.ingest.turn);
      }
      if (target) this.#compose.record(encoder, this.timer, target, rig.ingest.turn);
      this.timer.endFrame(encoder);
      this.#reused.record(encoder, sample ? rig.upscale?.changes : undefined);
      this.gpu.device.queue.submit([encoder.finish()]);
      this.#reused.read();
      disposeRig(this.#former);
      this.#former = undefined;
    } catch (thrown) {
      // What was recorded may never run.
      rig.upscale?.reset();
      throw thrown;
    } finally {
      rig.ingest.release();
    }
  }

  /** Draws the last picture again: another canvas size, another split. Not while another rig waits for its first frame. */
  redraw(layout: ComposeLayout): boolean {
    if (this.#former) return false;
    const target = this.#takeTarget(layout);
    if (target) this.#redrawOn(target, layout);
    return true;
  }

  #takeTarget(layout: ComposeLayout): GPUTexture | undefined {
    const needed = !this.#surface.optional || layout.highlights !== undefined || layout.compare !== false;
    this.#target = needed ? this.#surface.texture(layout.canvas) : undefined;
    return this.#target;
  }

  #redrawOn(target: GPUTexture, layout: ComposeLayout): void {
    const { ingest } = this.#live();
    this.#compose.arrange(layout);
    this.timer.beginFrame(false);
    const encoder = this.gpu.device.createCommandEncoder({ label: 'vitreous/redraw' });
    this.#compose.record(encoder, this.timer, target, ingest.turn);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /**
   * The last picture as RGBA bytes, laid out as told. What is on screen stays.
   *
   * @throws VitreousError `gpu-*`; DOMException where the device is lost meanwhile.
   */
  async snapshot(layout: ComposeLayout): Promise<Uint8ClampedArray<ArrayBuffer>> {
    let target: GPUTexture | undefined;
    let pixels: Promise<Uint8ClampedArray<ArrayBuffer>> | undefined;
    try {
      // In scopes of its own: memory that it cannot have is nothing to what is on screen.
      await this.gpu.checked('snapshot', () => {
        target = this.gpu.device.createTexture({
          label: 'vitreous/snapshot',
          size: [layout.canvas.width, layout.canvas.height],
          format: this.#surface.format,
          usage: textureUsage.renderAttachment | textureUsage.copySrc,
        });
        this.#redrawOn(target, layout);
        pixels = readBack(this.gpu, target);
        pixels.catch(() => {}); // Heard below, or not at all when WebGPU complains.
      });
      return (await pixels) ?? new Uint8ClampedArray();
    } finally {
      target?.destroy();
    }
  }

  drawAside(layout: ComposeLayout): OffscreenCanvas | undefined {
    this.#aside ??= this.#openAside();
    if (!this.#aside || this.#former) return undefined;
    this.#redrawOn(this.#aside.surface.texture(layout.canvas), layout);
    return this.#aside.canvas;
  }

  #openAside(): { canvas: OffscreenCanvas; surface: CanvasSurface } | undefined {
    const canvas = new OffscreenCanvas(1, 1);
    // Of the format that compose draws in.
    const surface = new CanvasSurface(canvas, this.#surface.format);
    return surface.configure(this.gpu.device) ? { canvas, surface } : undefined;
  }

  checked(what: string, work: () => void): Promise<void> {
    return this.gpu.checked(what, work);
  }

  reset(): void {
    this.#rig?.upscale?.reset();
  }

  async done(): Promise<void> {
    await this.gpu.device.queue.onSubmittedWorkDone();
  }

  /** The last picture: what the network made, or the frame itself. */
  get #picture(): GPUTexture | undefined {
    const rig = this.#former ?? this.#rig;
    return rig?.picture ?? rig?.ingest.frames[rig.ingest.turn];
  }

  get output(): GPUTexture | undefined {
    return (this.#surface.optional ? this.#target : undefined) ?? this.#picture;
  }

  /** Size of the picture. */
  get pictureSize(): Size | undefined {
    const picture = this.#picture;
    return picture && { width: picture.width, height: picture.height };
  }

  #live(): Rig {
    if (!this.#rig || this.#disposed) throw notReady('session', 'a renderer', 'prepare');
    return this.#rig;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeRig(this.#rig);
    disposeRig(this.#former);
    this.#aside?.surface.release();
    this.dropForeseen();
    this.#forgetCuts();
    this.#compose.dispose();
    this.timer.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
