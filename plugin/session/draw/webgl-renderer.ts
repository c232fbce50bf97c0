import type { ComposeEvents, ComposeLayout } from '../../compose/compose-stage.js';
import { disposeSymbol } from '../../core/dispose.js';
import { notReady, VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { Compose, type ComposeTarget } from '../../webgl/compose.js';
import type { GlDevice } from '../../webgl/device.js';
import { Highlights } from '../../webgl/highlights.js';
import { Ingest } from '../../webgl/ingest.js';
import { Network } from '../../webgl/network.js';
import { lowerNetwork } from '../../webgl/passes.js';
import { GlTexture, type Storage } from '../../webgl/texture.js';
import type { FrameRenderer, FrameTimer, RigSpec } from './frame-renderer.js';
import { addMemory, type MemoryBytes } from './memory.js';
import { softwareAdapter } from './probe.js';

/** The passes and textures of one source size and model. */
interface WebGlRig {
  readonly spec: RigSpec;
  readonly ingest: Ingest;
  readonly network: Network | undefined;
}

function webGlRigMemory({ ingest, network }: WebGlRig): Partial<MemoryBytes> {
  return { frames: ingest.sizeBytes, ...network?.memoryBytes };
}

function disposeWebGlRig(rig: WebGlRig | undefined): void {
  rig?.ingest.dispose();
  rig?.network?.dispose();
}

/** WebGL's own timers are missing in most browsers: frames are judged by how long the queue takes. */
const noTimer: FrameTimer = { available: false, stageMs: new Map(), read: () => Promise.resolve(undefined) };

/** All GPU work of a session in WebGL, where there is no WebGPU: the same flow as fragment shaders. */
export class WebGlRenderer implements FrameRenderer {
  readonly kind = 'webgl';
  readonly timer = noTimer;
  readonly gpu = undefined;
  readonly frame = undefined;
  readonly readCuts = undefined;
  readonly reusedShare = undefined;
  /** Cuts are counted for detectors, of which there are none here. */
  watchesCuts = false;
  strength = 1;
  readonly device: GlDevice;
  readonly #events: ComposeEvents;
  #compose: Compose | undefined;
  #highlights: Highlights | undefined;
  #rig: WebGlRig | undefined;
  #foreseen: WebGlRig | undefined;
  #disposed = false;

  constructor(device: GlDevice, events: ComposeEvents) {
    this.device = device;
    this.#events = events;
  }

  get unfit(): VitreousError | undefined {
    const { software, description } = this.device.caps;
    return software ? softwareAdapter(description) : undefined;
  }

  get maxTextureSize(): number {
    return this.device.caps.maxTextureSize;
  }

  get spec(): RigSpec | undefined {
    return this.#rig?.spec;
  }

  get pictureSize(): Size | undefined {
    return this.#rig && (this.#rig.network?.picture ?? this.#rig.ingest.frame).size;
  }

  get memoryBytes(): MemoryBytes {
    const rigs = [this.#rig, this.#foreseen].map((rig) => rig && webGlRigMemory(rig));
    return addMemory([...rigs.filter((part) => part !== undefined), { highlights: this.#highlights?.sizeBytes ?? 0 }]);
  }

  async prepare(spec: RigSpec, signal: AbortSignal): Promise<void> {
    this.#compose ??= await Compose.create(this.device, signal);
    this.#install(await this.#build(spec, signal));
  }

  async foresee(spec: RigSpec, signal: AbortSignal): Promise<void> {
    this.dropForeseen();
    this.#foreseen = await this.#build(spec, signal);
  }

  dropForeseen(): void {
    disposeWebGlRig(this.#foreseen);
    this.#foreseen = undefined;
  }

  takeForeseen(): boolean {
    const rig = this.#foreseen;
    if (!rig || !this.#rig) return false;
    this.#foreseen = undefined;
    this.#install(rig);
    return true;
  }

  #install(rig: WebGlRig): void {
    disposeWebGlRig(this.#rig);
    this.#rig = rig;
  }

  async #build(spec: RigSpec, signal: AbortSignal): Promise<WebGlRig> {
    const { size, model } = spec;
    this.#checkSize(size, model?.manifest.scale ?? 1);
    const storage = this.#storage(spec);
    let network: Network | undefined;
    let ingest: Ingest | undefined;
    try {
      if (model) {
        const passes = lowerNetwork(model.graph(size), {
          source: model.weights,
          maxBlockBytes: this.device.caps.maxUniformBlockBytes,
        });
        network = await Network.create(this.device, size, passes, storage, signal);
      }
      ingest = await Ingest.create(this.device, size, signal);
      signal.throwIfAborted();
      if (this.#disposed) throw new DOMException('disposed', 'AbortError');
      return { spec, ingest, network };
    } catch (thrown) {
      network?.dispose();
      ingest?.dispose();
      throw thrown;
    }
  }

  #checkSize(size: Size, scale: number): void {
    const [side, limit] = [Math.max(size.width, size.height) * scale, this.device.caps.maxTextureSize];
    if (side <= limit) return;
    throw new VitreousError({
      code: 'device-limit',
      stage: 'upscale',
      found: `a picture of ${size.width * scale}x${size.height * scale}`,
      expected: `at most ${limit} pixels a side (MAX_TEXTURE_SIZE)`,
      fix: 'The source is large enough as it is; the stage is bypassed.',
    });
  }

  /** What features are stored in. */
  #storage({ precision }: RigSpec): Storage {
    if (precision === undefined || precision === 'f16') return 'rgba16f';
    if (precision === 'f32' && this.device.caps.float32) return 'rgba32f';
    throw new VitreousError({
      code: 'device-feature',
      stage: 'upscale',
      found: precision === 'f32' ? 'WebGL without EXT_color_buffer_float' : 'WebGL, which has no packed int8',
      expected: `it for precision '${precision}'`,
      fix: "Use precision 'auto' or 'f16'.",
    });
  }

  draw(frame: VideoFrame, layout: ComposeLayout): void {
    const { ingest, network } = this.#live();
    ingest.draw(frame);
    network?.draw(ingest.frame, this.strength);
    this.redraw(layout);
  }

  redraw(layout: ComposeLayout): boolean {
    const { canvas } = this.device.gl;
    const { width, height } = layout.canvas;
    // Setting a size, even the same one, clears the canvas (HTML §4.12.5).
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.#drawOn(null, layout);
    return true;
  }

  #drawOn(target: ComposeTarget, layout: ComposeLayout): void {
    const { ingest, network } = this.#live();
    const compose = this.#compose;
    if (!compose?.enter(target, layout)) return;
    compose.draw(target, layout, network?.picture ?? ingest.frame, ingest.frame);
    this.#drawHighlights(target, layout, ingest.frame);
    compose.leave();
  }

  /** Made when highlights are first wanted. */
  #drawHighlights(target: ComposeTarget, layout: ComposeLayout, frame: GlTexture): void {
    const { highlights } = layout;
    if (highlights) {
      this.#highlights ??= new Highlights(this.device, this.#events);
      this.#highlights.draw(target, highlights, layout, frame);
    } else {
      this.#highlights?.dispose();
      this.#highlights = undefined;
    }
  }

  checked(what: string, work: () => void): Promise<void> {
    // Synchronous as in WebGPU: what `work` throws is thrown here.
    this.device.checked(what, work);
    return Promise.resolve();
  }

  done(): Promise<void> {
    return this.device.done();
  }

  async snapshot(layout: ComposeLayout): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const { gl } = this.device;
    const { width, height } = layout.canvas;
    const texture = new GlTexture(this.device, layout.canvas, 'rgba8');
    const buffer = gl.createBuffer();
    try {
      const target = texture.target();
      this.#drawOn(target, layout);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
      gl.bufferData(gl.PIXEL_PACK_BUFFER, width * height * 4, gl.STREAM_READ);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      await this.device.done();
      const pixels = new Uint8ClampedArray(width * height * 4);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
      gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
      return pixels;
    } finally {
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      gl.deleteBuffer(buffer);
      texture.dispose();
    }
  }

  takeHeat(): void {}

  #live(): WebGlRig {
    if (!this.#rig || this.#disposed) throw notReady('session', 'a renderer', 'prepare');
    return this.#rig;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeWebGlRig(this.#rig);
    this.dropForeseen();
    this.#highlights?.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
