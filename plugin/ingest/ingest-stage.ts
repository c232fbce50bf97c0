import { shader } from '../../shaders/ingest/ingest.wgsl';
import { disposeSymbol } from '../core/dispose.js';
import { notReady, VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Stage } from '../core/stage.js';
import type { GpuDevice } from '../gpu/device.js';
import { kernelOf } from '../gpu/shader.js';
import type { PassTimings } from '../gpu/timer.js';
import { textureUsage } from '../gpu/usage.js';

const ingestKernel = kernelOf('ingest/ingest', shader);

/**
 * How frames get onto the device, best first: as external textures; where those are missing by a copy; where videos can't be copied
 * by way of a 2D canvas (whose colours are the browser's own idea: Chrome's canvas ignores BT.601 primaries).
 */
const importPaths = ['external', 'copy', 'canvas'] as const;
type ImportPath = (typeof importPaths)[number];

/**
 * A frame of non-square pixels as one of square pixels, or nothing where it has them. Chrome imports the former by way of a drawing
 * that ignores BT.601 primaries; ingest samples by fractions of the picture, so the shape of pixels makes no difference to it.
 */
function withSquarePixels(frame: VideoFrame): VideoFrame | undefined {
  const visible = frame.visibleRect;
  const turned = ((frame as { rotation?: number }).rotation ?? 0) % 180 !== 0; // Newer than TypeScript's VideoFrame.
  if (!visible || turned) return undefined;
  const { width: displayWidth, height: displayHeight } = visible;
  if (displayWidth === frame.displayWidth && displayHeight === frame.displayHeight) return undefined;
  return new VideoFrame(frame, { displayWidth, displayHeight, timestamp: frame.timestamp });
}

/** Turns video frames into an ordinary texture. The only place that sees an external texture. */
export class IngestStage implements Stage {
  readonly #gpu: GpuDevice;
  readonly #sampler: GPUSampler;
  #pipeline: GPUComputePipeline | undefined;
  #layout: GPUBindGroupLayout | undefined;
  readonly #count: number;
  #textures: readonly GPUTexture[] = [];
  #views: readonly GPUTextureView[] = [];
  #turn = 0;
  #bindGroup: GPUBindGroup | undefined;
  #square: VideoFrame | undefined;
  /** Index into `importPaths`. */
  #path: number;
  #canvas: OffscreenCanvas | undefined;

  /** `count`: textures that frames go to in turns, so that the ones before stay. */
  constructor(gpu: GpuDevice, count = 1) {
    this.#gpu = gpu;
    this.#count = count;
    // Firefox 153 has neither the method nor the type in WGSL.
    this.#path = importPaths.indexOf('importExternalTexture' in gpu.device ? 'external' : 'copy');
    this.#sampler = gpu.device.createSampler({
      label: 'vitreous/ingest.linear',
      magFilter: 'linear',
      minFilter: 'linear',
    });
  }

  /** Where frames go in turns, rgba8unorm at display size. */
  get frames(): readonly GPUTexture[] {
    return this.#textures;
  }

  /** Index of the texture that the last imported frame goes to. */
  get turn(): number {
    return this.#turn;
  }

  get #frame(): GPUTexture {
    const frame = this.#textures[this.#turn];
    if (!frame) throw notReady('ingest', 'a stage', 'prepare');
    return frame;
  }

  async prepare(size: Size, signal?: AbortSignal): Promise<Size> {
    if (importPaths[this.#path] === 'external') {
      this.#pipeline = await this.#gpu.pipelines.compile({ kernel: ingestKernel, precision: 'f32', consts: {} });
      signal?.throwIfAborted();
      this.#layout = this.#gpu.pipelines.layout(ingestKernel.bindings);
    }
    for (const texture of this.#textures) texture.destroy();
    this.#textures = [];
    this.#canvas = undefined;
    await this.#gpu.checked('frame texture', () => {
      // Assigned in here: all are let go of, too, where one could not be had.
      this.#textures = Array.from({ length: this.#count }, () => this.#createTexture(size));
    });
    this.#views = this.#textures.map((texture) => texture.createView({ label: 'vitreous/ingest.frame' }));
    signal?.throwIfAborted();
    return size;
  }

  #createTexture({ width, height }: Size): GPUTexture {
    return this.#gpu.device.createTexture({
      label: 'vitreous/ingest.frame',
      size: [width, height],
      format: 'rgba8unorm',
      // Without a network it is the picture: see there.
      viewFormats: ['rgba8unorm-srgb'],
      usage:
        textureUsage.textureBinding |
        textureUsage.storageBinding |
        textureUsage.copySrc |
        textureUsage.copyDst |
        textureUsage.renderAttachment, // The copy path needs it (WebGPU §19.2 copyExternalImageToTexture).
    });
  }

  /**
   * Takes hold of a frame for the commands recorded in this task: external textures expire when it ends.
   *
   * @throws VitreousError `frame-import` where the device takes no video frames.
   */
  import(frame: VideoFrame): void {
    this.#bindGroup = undefined;
    this.#turn = (this.#turn + 1) % this.#count;
    let cause: unknown;
    for (; this.#path < importPaths.length; this.#path++) {
      try {
        this.#importBy(importPaths[this.#path] ?? 'canvas', frame);
        return;
      } catch (thrown) {
        // Tried once a stage: a device that takes no frames this way never will.
        cause = thrown;
      }
    }
    throw new VitreousError({
      code: 'frame-import',
      stage: 'ingest',
      found: cause === undefined ? 'a device that took no earlier frame' : String(cause),
      expected: 'a device that imports VideoFrames',
      fix: 'Use a browser whose WebGPU imports video; the native video plays on.',
      cause,
    });
  }

  #importBy(path: ImportPath, frame: VideoFrame): void {
    const { device } = this.#gpu;
    if (path === 'external') {
      this.#square = withSquarePixels(frame);
      const source = this.#square ?? frame;
      this.#bindGroup = this.#bind(device.importExternalTexture({ label: 'vitreous/frame', source }));
      return;
    }
    const { width, height } = this.#frame;
    const source = path === 'copy' ? frame : this.#drawn(frame);
    device.queue.copyExternalImageToTexture({ source }, { texture: this.#frame }, [width, height]);
  }

  #drawn(frame: VideoFrame): OffscreenCanvas {
    const { width, height } = this.#frame;
    this.#canvas ??= new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (!context) throw new DOMException('no 2D context', 'NotSupportedError');
    context.drawImage(frame, 0, 0, width, height);
    return this.#canvas;
  }

  /** Lets go of what `import` took hold of. After the submit: Chrome destroys a frame's texture when it is closed. */
  release(): void {
    this.#square?.close();
    this.#square = undefined;
  }

  /** Encodes the pass of the frame that was imported in this task. */
  record(encoder: GPUCommandEncoder, timings: PassTimings): void {
    const { width, height } = this.#frame;
    if (!this.#bindGroup || !this.#pipeline) return;
    const pass = encoder.beginComputePass(timings.pass('ingest'));
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    const [across, down] = ingestKernel.workgroup;
    pass.dispatchWorkgroups(Math.ceil(width / across), Math.ceil(height / down));
    pass.end();
    this.#bindGroup = undefined;
  }

  #bind(external: GPUExternalTexture): GPUBindGroup {
    const view = this.#views[this.#turn];
    if (!this.#layout || !view) throw notReady('ingest', 'a stage', 'prepare');
    return this.#gpu.device.createBindGroup({
      label: 'vitreous/ingest.frame',
      layout: this.#layout,
      entries: [
        { binding: 0, resource: external },
        { binding: 1, resource: this.#sampler },
        { binding: 2, resource: view },
      ],
    });
  }

  dispose(): void {
    this.release();
    for (const texture of this.#textures) texture.destroy();
    this.#textures = [];
    this.#views = [];
    this.#canvas = undefined;
    this.#bindGroup = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
