import { abortable } from '../../core/abort.js';
import { GlDevice } from '../../webgl/device.js';
import { canvasTaken } from './canvas-taken.js';
import { softwareAdapter } from './probe.js';
import type { Link, LinkOptions } from './renderer-link.js';
import { WebGlRenderer } from './webgl-renderer.js';

/** Holds a session's renderer on its canvas's WebGL context, one after another across losses of the context. */
export class WebGlLink implements Link {
  readonly #options: LinkOptions;
  readonly #canvas: HTMLCanvasElement;
  #renderer: WebGlRenderer | undefined;

  constructor(options: LinkOptions, canvas: HTMLCanvasElement) {
    this.#options = options;
    this.#canvas = canvas;
  }

  get renderer(): WebGlRenderer | undefined {
    return this.#renderer;
  }

  /** @throws VitreousError `webgl-unavailable`, `software-adapter`, `stage-failed` where the canvas has a context of another kind. */
  async connect(): Promise<WebGlRenderer> {
    const { allowSoftware, compose } = this.#options;
    const device = this.#open();
    if (device.caps.software && !allowSoftware()) {
      device.dispose();
      throw softwareAdapter(device.caps.description);
    }
    const renderer = new WebGlRenderer(device, compose);
    this.#renderer = renderer;
    device.lost.then(() => this.#onLost(renderer));
    return renderer;
  }

  #open(): GlDevice {
    try {
      return GlDevice.open(this.#canvas);
    } catch (thrown) {
      // Where another canvas has a context, it is this one that cannot have it.
      if (document.createElement('canvas').getContext('webgl2')) throw canvasTaken();
      throw thrown;
    }
  }

  #onLost(renderer: WebGlRenderer): void {
    const { signal, onLost } = this.#options;
    if (signal.aborted || this.#renderer !== renderer) return;
    this.disconnect();
    onLost({ reason: 'unknown', message: 'the WebGL context', borrowed: false });
  }

  /** Connects again once the browser has restored the context: it decides when. */
  async reconnect(): Promise<WebGlRenderer> {
    const { signal } = this.#options;
    if (this.#canvas.getContext('webgl2')?.isContextLost()) {
      const restored = new Promise<void>((resolve) => {
        this.#canvas.addEventListener('webglcontextrestored', () => resolve(), { once: true, signal });
      });
      await abortable(restored, signal);
    }
    return this.connect();
  }

  disconnect(): void {
    const renderer = this.#renderer;
    this.#renderer = undefined;
    renderer?.dispose();
    renderer?.device.dispose();
    const { signal, ownsCanvas } = this.#options;
    // Browsers keep few contexts at a time, and would wait for the garbage collector.
    if (signal.aborted && ownsCanvas) renderer?.device.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
