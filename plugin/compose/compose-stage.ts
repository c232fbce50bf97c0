import composeWgsl from '../../shaders/compose/compose.wgsl';
import { disposeSymbol } from '../core/dispose.js';
import { notReady } from '../core/errors.js';
import { pixelsInside, type Rect, type Size, type Turn } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import { compileRender } from '../gpu/render-pipeline.js';
import type { PassTimings } from '../gpu/timer.js';
import { bufferUsage } from '../gpu/usage.js';
import { HighlightLayer } from './highlight-layer.js';
import type { Highlights } from './highlights.js';

/** Where and how the picture lies on the canvas. */
export interface ComposeLayout {
  /** The picture's rectangle on the canvas, device pixels; may reach beyond it. */
  readonly rect: Rect;
  /** Nothing outside of this rectangle of the canvas is drawn; undefined: all of it. */
  readonly clip?: Rect | undefined;
  /** How the canvas lies on the screen; undefined: upright. */
  readonly turn?: Turn | undefined;
  /** Fraction of the rectangle's width left of which the native frame shows; false for none. */
  readonly compare: number | false;
  /** Width of the line between the two, device pixels. */
  readonly dividerWidth: number;
  /** The whole target, device pixels. */
  readonly canvas: Size;
  /** Device pixels a CSS pixel. */
  readonly pixelRatio: number;
  /** Drawn over the picture; undefined: nothing, at no cost. */
  readonly highlights?: Highlights | undefined;
}

/** What a stage tells of its highlights. */
export interface ComposeEvents {
  /** They can be drawn now: a redraw shows them. */
  readonly onHighlights: () => void;
  /** They cannot be drawn; the picture goes on without. */
  readonly onHighlightError: (thrown: unknown) => void;
}

const uniformBytes = 32;
const canvasView = { label: 'vitreous/canvas' } as const;

/** Draws the picture on the canvas: resampled to its device pixels, beside the native frame if wanted. */
export class ComposeStage {
  readonly #gpu: GpuDevice;
  readonly #uniform: GPUBuffer;
  readonly #sampler: GPUSampler;
  readonly #words = new Float32Array(uniformBytes / 4);
  /** Reused every frame: only the canvas's view changes. */
  readonly #attachment: Omit<GPURenderPassColorAttachment, 'view'> = {
    clearValue: { r: 0, g: 0, b: 0, a: 0 },
    loadOp: 'clear',
    storeOp: 'store',
  };
  #pipeline: GPURenderPipeline | undefined;
  #format: GPUTextureFormat | undefined;
  /** One a texture of frames. */
  #bindGroups: readonly GPUBindGroup[] = [];
  #rect: Rect = { x: 0, y: 0, width: 0, height: 0 };
  #clip: Rect | undefined;
  readonly #events: ComposeEvents;
  #frames: readonly GPUTexture[] = [];
  #layer: HighlightLayer | undefined;
  #cutCount: GPUBuffer | undefined;

  constructor(gpu: GpuDevice, events: ComposeEvents) {
    this.#gpu = gpu;
    this.#events = events;
    this.#uniform = gpu.device.createBuffer({
      label: 'vitreous/compose.layout',
      size: uniformBytes,
      usage: bufferUsage.uniform | bufferUsage.copyDst,
    });
    this.#sampler = gpu.device.createSampler({
      label: 'vitreous/compose.linear',
      magFilter: 'linear',
      minFilter: 'linear',
    });
  }

  /** GPU memory it holds: highlights, and all else. */
  get memoryBytes(): { readonly highlights: number; readonly rest: number } {
    return { highlights: this.#layer?.sizeBytes ?? 0, rest: this.#uniform.size };
  }

  /** Compiles for a canvas format, once. @throws VitreousError `pipeline-failed`. */
  async prepare(format: GPUTextureFormat, signal?: AbortSignal): Promise<void> {
    // A second pipeline would have a layout of its own (WebGPU §10.1.1), and the bind group in use would not fit it.
    if (this.#pipeline && this.#format === format) return;
    this.#pipeline = await compileRender(this.#gpu.device, { name: 'compose/compose', source: composeWgsl, format });
    this.#format = format;
    signal?.throwIfAborted();
  }

  /**
   * Sets what is drawn; call again when a texture changes.
   *
   * @param frames textures that frames go to in turns
   * @param picture undefined: the frame itself
   */
  bind(frames: readonly GPUTexture[], picture: GPUTexture | undefined): void {
    const pipeline = this.#pipeline;
    if (!pipeline) throw notReady('compose', 'a stage', 'prepare');
    this.#frames = frames;
    this.#layer?.bind(frames);
    this.#bindGroups = frames.map((frame) =>
      this.#gpu.device.createBindGroup({
        label: 'vitreous/compose',
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          { binding: 0, resource: { buffer: this.#uniform } },
          { binding: 1, resource: (picture ?? frame).createView({ label: 'vitreous/compose.picture' }) },
          { binding: 2, resource: frame.createView({ label: 'vitreous/compose.native' }) },
          { binding: 3, resource: this.#sampler },
        ],
      }),
    );
  }

  /** Where the GPU counts cuts; undefined: it does not. */
  set cutCount(buffer: GPUBuffer | undefined) {
    this.#cutCount = buffer;
    if (this.#layer) this.#layer.cutCount = buffer;
  }

  /** Takes over the heat maps of a look, one a prompt; kept until the next. */
  takeHeat(maps: readonly (GPUTexture | undefined)[]): void {
    this.#highlightLayer()?.takeHeat(maps);
  }

  /** Made when highlights are first wanted. */
  #highlightLayer(): HighlightLayer | undefined {
    if (this.#layer || !this.#format) return this.#layer;
    this.#layer = new HighlightLayer(this.#gpu, this.#format, {
      ready: this.#events.onHighlights,
      error: this.#events.onHighlightError,
    });
    this.#layer.bind(this.#frames);
    this.#layer.cutCount = this.#cutCount;
    return this.#layer;
  }

  #arrangeHighlights(layout: ComposeLayout): void {
    const { highlights, rect, canvas, compare, dividerWidth, pixelRatio, turn } = layout;
    if (highlights) {
      const split = compare === false ? -1 : compare * rect.width;
      this.#highlightLayer()?.arrange(highlights, { rect, canvas, split, dividerWidth, pixelRatio, turn });
    } else if (this.#layer) {
      this.#layer.dispose();
      this.#layer = undefined;
    }
  }

  /** Uploads a layout if it differs from the last one. */
  arrange(layout: ComposeLayout): void {
    this.#arrangeHighlights(layout);
    const { rect, compare, dividerWidth } = layout;
    this.#clip = layout.clip;
    const split = compare === false ? -1 : compare * rect.width;
    const next = [rect.x, rect.y, rect.width, rect.height, split, dividerWidth];
    if (next.every((word, i) => this.#words[i] === Math.fround(word))) return;
    this.#words.set(next);
    this.#rect = rect;
    this.#gpu.device.queue.writeBuffer(this.#uniform, 0, this.#words);
  }

  /** @param turn index of the texture that holds the frame */
  record(encoder: GPUCommandEncoder, timings: PassTimings, target: GPUTexture, turn = 0): void {
    const bindGroup = this.#bindGroups[turn];
    if (!this.#pipeline || !bindGroup) throw notReady('compose', 'a stage', 'bind');
    this.#layer?.prepareRecord(encoder);
    const pass = encoder.beginRenderPass({
      ...timings.pass('compose'),
      colorAttachments: [{ ...this.#attachment, view: target.createView(canvasView) }],
    });
    const { x, y, width, height } = pixelsInside(target, this.#rect, this.#clip);
    if (width > 0 && height > 0) {
      pass.setPipeline(this.#pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.setScissorRect(x, y, width, height);
      pass.draw(3);
      this.#layer?.record(pass, turn);
    }
    pass.end();
  }

  dispose(): void {
    this.#layer?.dispose();
    this.#layer = undefined;
    this.#uniform.destroy();
    this.#bindGroups = [];
    this.#pipeline = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
