import type { ComposeLayout } from '../../compose/compose-stage.js';
import { disposeSymbol } from '../../core/dispose.js';
import type { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { FrameRenderer, FrameTimer, RigSpec } from './frame-renderer.js';
import { addMemory, type MemoryBytes } from './memory.js';

const noTimer: FrameTimer = { available: false, stageMs: new Map(), read: () => Promise.resolve(undefined) };

/** Browsers have canvases of at least this many pixels a side. */
const maxCanvasSide = 8192;

/**
 * Draws frames on a 2D canvas as the browser itself shows them: for a canvas that nothing else would fill, where there is neither WebGPU nor
 * WebGL 2. It has no network and no highlights.
 */
export class PlainRenderer implements FrameRenderer {
  readonly kind = '2d';
  readonly unfit: VitreousError;
  readonly timer = noTimer;
  readonly maxTextureSize = maxCanvasSide;
  readonly gpu = undefined;
  readonly frame = undefined;
  readonly readCuts = undefined;
  readonly reusedShare = undefined;
  watchesCuts = false;
  strength = 1;
  readonly #context: CanvasRenderingContext2D;
  /** The last frame, which is closed by the time it is drawn again. */
  readonly #last = new OffscreenCanvas(1, 1);
  readonly #lastContext = this.#last.getContext('2d', { alpha: false });
  #spec: RigSpec | undefined;

  /** `unfit`: why there is no GPU to draw with. */
  constructor(context: CanvasRenderingContext2D, unfit: VitreousError) {
    this.#context = context;
    this.unfit = unfit;
  }

  get spec(): RigSpec | undefined {
    return this.#spec;
  }

  get pictureSize(): Size | undefined {
    return this.#spec?.size;
  }

  get memoryBytes(): MemoryBytes {
    return addMemory([]);
  }

  async prepare(spec: RigSpec): Promise<void> {
    const { width, height } = spec.size;
    [this.#last.width, this.#last.height] = [width, height];
    this.#spec = spec;
  }

  draw(frame: VideoFrame, layout: ComposeLayout): void {
    this.#lastContext?.drawImage(frame, 0, 0, this.#last.width, this.#last.height);
    this.redraw(layout);
  }

  redraw({ canvas: size, rect }: ComposeLayout): boolean {
    const { canvas } = this.#context;
    // Setting a size, even the same one, clears the canvas (HTML §4.12.5).
    if (canvas.width !== size.width) canvas.width = size.width;
    if (canvas.height !== size.height) canvas.height = size.height;
    this.#context.clearRect(0, 0, size.width, size.height);
    this.#context.drawImage(this.#last, rect.x, rect.y, rect.width, rect.height);
    return true;
  }

  checked(_what: string, work: () => void): Promise<void> {
    work();
    return Promise.resolve();
  }

  done(): Promise<void> {
    return Promise.resolve();
  }

  async snapshot({ canvas, rect }: ComposeLayout): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    if (!context) throw new RangeError('no 2D canvas');
    context.drawImage(this.#last, rect.x, rect.y, rect.width, rect.height);
    return new Uint8ClampedArray(context.getImageData(0, 0, canvas.width, canvas.height).data);
  }

  takeHeat(): void {}
  dispose(): void {}

  [disposeSymbol](): void {
    this.dispose();
  }
}
