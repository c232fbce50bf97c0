import { VitreousError } from '../../core/errors.js';
import type { FrameRenderer, RendererKind } from './frame-renderer.js';
import type { GpuLinkOptions } from './gpu-link.js';
import { withoutGpu, withoutWebGpu } from './probe.js';

/** Holds a session's renderer, one after another across losses of its device. */
export interface Link {
  /** Undefined before the first connection and between a loss and the next. */
  readonly renderer: FrameRenderer | undefined;
  /** @throws VitreousError where there is no device to draw with; the signal's reason. */
  connect(): Promise<FrameRenderer>;
  /** Connects again after a loss. */
  reconnect(): Promise<FrameRenderer>;
  disconnect(): void;
}

export interface LinkOptions extends GpuLinkOptions {
  /** `auto`: WebGPU, and WebGL where that is missing. */
  readonly kind: RendererKind | 'auto';
  /** Where WebGL would draw; undefined where only WebGPU can give what is wanted. */
  readonly canvas: HTMLCanvasElement | undefined;
  /** The canvas is ours: nobody draws on it afterwards. */
  readonly ownsCanvas: boolean;
  /** Nothing but this canvas shows the picture: frames are drawn as they are where there is no GPU. */
  readonly alone: boolean;
}

/** Chooses between WebGPU, WebGL and a plain canvas when it first connects, and loads the code of that one alone. */
export class RendererLink implements Link {
  readonly #options: LinkOptions;
  #link: Link | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get renderer(): FrameRenderer | undefined {
    return this.#link?.renderer;
  }

  async connect(): Promise<FrameRenderer> {
    const { alone, canvas } = this.#options;
    try {
      return await this.#connectGpu();
    } catch (thrown) {
      if (!alone || !canvas || !(thrown instanceof VitreousError && withoutGpu.has(thrown.code))) throw thrown;
      return this.#connectPlain(canvas, thrown);
    }
  }

  async #connectPlain(canvas: HTMLCanvasElement, why: VitreousError): Promise<FrameRenderer> {
    const { PlainLink } = await import('./plain-link.js');
    this.#options.signal.throwIfAborted();
    this.#link = new PlainLink(canvas, why);
    return this.#link.connect();
  }

  async #connectGpu(): Promise<FrameRenderer> {
    const { kind, canvas, device, signal } = this.#options;
    if (kind === 'webgl') return this.#connectWebGl();
    try {
      const { GpuLink } = await import('./gpu-link.js');
      signal.throwIfAborted();
      this.#link = new GpuLink(this.#options);
      return await this.#link.connect();
    } catch (thrown) {
      const replaceable = kind === 'auto' && canvas && !device;
      if (!replaceable || !(thrown instanceof VitreousError && withoutWebGpu.has(thrown.code))) throw thrown;
      return this.#connectWebGl(thrown);
    }
  }

  /** `instead`: what there is to say against WebGPU, which counts more than that there is no WebGL either. */
  async #connectWebGl(instead?: VitreousError): Promise<FrameRenderer> {
    const { canvas, signal } = this.#options;
    if (!canvas) throw new RangeError('session: WebGL without a canvas');
    const { WebGlLink } = await import('./webgl-link.js');
    signal.throwIfAborted();
    this.#link = new WebGlLink(this.#options, canvas);
    try {
      return await this.#link.connect();
    } catch (thrown) {
      if (instead && thrown instanceof VitreousError && thrown.code === 'webgl-unavailable') throw instead;
      throw thrown;
    }
  }

  /** By the renderer it was connected with: a canvas has one kind of context for life. */
  reconnect(): Promise<FrameRenderer> {
    return this.#link ? this.#link.reconnect() : this.connect();
  }

  disconnect(): void {
    this.#link?.disconnect();
  }
}
