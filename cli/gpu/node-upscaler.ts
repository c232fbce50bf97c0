import { readFile } from 'node:fs/promises';
import { buildGraph, shippedTiers } from '../../models/mobilevit-sr/index.js';
import { type DisposableResource, disposeSymbol } from '../../plugin/core/dispose.js';
import type { Size } from '../../plugin/core/geometry.js';
import type { Tier } from '../../plugin/core/model-source.js';
import { readWeights } from '../../plugin/engine/files/load.js';
import { checkManifest } from '../../plugin/engine/files/manifest.js';
import type { Plan } from '../../plugin/engine/plan/plan.js';
import { GpuDevice } from '../../plugin/gpu/device.js';
import { GpuTimer } from '../../plugin/gpu/timer.js';
import { bufferUsage, mapModeRead } from '../../plugin/gpu/usage.js';
import type { UpscaleModel } from '../../plugin/upscale/model.js';
import { choosePrecision, type UpscalePrecision } from '../../plugin/upscale/precision.js';
import { UpscaleStage } from '../../plugin/upscale/upscale-stage.js';
import { CommandError } from '../command-error.js';
import { packageFile } from '../package-file.js';
import { loadPeer } from '../peer-package.js';
import type { NodeGpu } from './node-gpu.js';

const readBackUsage = bufferUsage.mapRead | bufferUsage.copyDst;

/** RGBA, 8 bit, row-major. */
export interface Pixels extends Size {
  readonly data: Uint8Array;
}

/** A device in Node and the name of its adapter. */
export interface Gpu {
  readonly gpu: GpuDevice;
  readonly adapter: string;
}

/** Opens the GPU through Dawn for Node. @throws CommandError `package-missing`, `adapter-unavailable`. */
export async function openNodeGpu(): Promise<Gpu> {
  const { nodeGpu, requestNodeGpu } = await loadPeer('webgpu', () => import('./node-gpu.js'), 'the GPU in Node');
  let opened: NodeGpu;
  try {
    opened = await requestNodeGpu();
  } catch (cause) {
    throw new CommandError('adapter-unavailable', cause instanceof Error ? cause.message : String(cause), cause);
  }
  const { description, device, vendor, architecture } = opened.adapter.info;
  return {
    gpu: new GpuDevice(opened.device, false, nodeGpu().wgslLanguageFeatures),
    adapter: device || description || `${vendor} ${architecture}`.trim(),
  };
}

/** A shipped tier, read from the package's own folder. */
export async function readShippedModel(tier: Tier): Promise<UpscaleModel> {
  const manifest = checkManifest(shippedTiers[tier].manifest, `mobilevit-sr ${tier}`);
  const bytes = new Uint8Array(await readFile(packageFile(`models/mobilevit-sr/${tier}/${manifest.weights.file}`)));
  const weights = await readWeights(bytes, manifest, `mobilevit-sr ${tier}`);
  return { manifest, weights, graph: (size, numbers) => buildGraph(manifest, size, numbers) };
}

const textureUsage = 0x1 | 0x2 | 0x4 | 0x8; // COPY_SRC | COPY_DST | TEXTURE_BINDING | STORAGE_BINDING
const alignedRow = (width: number): number => Math.ceil((width * 4) / 256) * 256; // WebGPU §11.2: bytesPerRow

/** One compiled size: plan, textures, and read-back buffers that are used again. */
class PreparedSize implements DisposableResource {
  readonly stage: UpscaleStage;
  readonly #gpu: GpuDevice;
  readonly #timer: GpuTimer;
  readonly #frame: GPUTexture;
  readonly #picture: GPUTexture;
  readonly #idle: GPUBuffer[] = [];

  constructor(gpu: GpuDevice, stage: UpscaleStage, source: Size, picture: Size) {
    this.#gpu = gpu;
    this.stage = stage;
    this.#timer = new GpuTimer(gpu, ['upscale']);
    const texture = (label: string, { width, height }: Size): GPUTexture =>
      gpu.device.createTexture({ label, size: [width, height], format: 'rgba8unorm', usage: textureUsage });
    this.#frame = texture('frame', source);
    this.#picture = texture('picture', picture);
    stage.bind(this.#frame, this.#picture);
  }

  upload(pixels: Pixels): void {
    // A copy where the view might be on a shared buffer: writeTexture takes none.
    const data = pixels.data.buffer instanceof ArrayBuffer ? pixels.data : pixels.data.slice();
    this.#gpu.device.queue.writeTexture(
      { texture: this.#frame },
      data as Uint8Array<ArrayBuffer>, // By the line above.
      { bytesPerRow: pixels.width * 4 },
      [pixels.width, pixels.height],
    );
  }

  run(): void {
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'upscale' });
    this.stage.record(encoder, this.#timer);
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  async read(): Promise<Pixels> {
    const { width, height } = this.#picture;
    const bytesPerRow = alignedRow(width);
    const { device } = this.#gpu;
    const buffer =
      this.#idle.pop() ?? device.createBuffer({ label: 'read-back', size: bytesPerRow * height, usage: readBackUsage });
    const encoder = device.createCommandEncoder({ label: 'read-back' });
    encoder.copyTextureToBuffer({ texture: this.#picture }, { buffer, bytesPerRow }, [width, height]);
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(mapModeRead);
    const rows = new Uint8Array(buffer.getMappedRange());
    const data = new Uint8Array(width * height * 4);
    for (let y = 0; y < height; y++)
      data.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
    buffer.unmap();
    this.#idle.push(buffer);
    return { width, height, data };
  }

  dispose(): void {
    this.stage.dispose();
    this.#timer.dispose();
    this.#frame.destroy();
    this.#picture.destroy();
    for (const buffer of this.#idle) buffer.destroy();
  }
}

export interface NodeUpscalerOptions {
  readonly tier: Tier;
  /** Default: what the plugin chooses for the device. */
  readonly precision?: UpscalePrecision | undefined;
  /** How much of the network's work is seen, 0 to 1. Default 1. */
  readonly strength?: number | undefined;
}

/** How many sizes stay compiled: enough for a folder of pictures in a few shapes, small enough for any GPU's memory. */
const keptSizes = 4;

/** The shipped network in Node: the same plan as in the browser, fed with pixels. */
export class NodeUpscaler implements DisposableResource {
  readonly #gpu: GpuDevice;
  readonly #model: UpscaleModel;
  readonly #requested: UpscalePrecision | undefined;
  readonly #strength: number;
  readonly #sizes = new Map<string, PreparedSize>();

  private constructor(gpu: GpuDevice, model: UpscaleModel, { precision, strength = 1 }: NodeUpscalerOptions) {
    this.#gpu = gpu;
    this.#model = model;
    this.#requested = precision;
    this.#strength = strength;
  }

  static async open({ gpu }: Gpu, options: NodeUpscalerOptions): Promise<NodeUpscaler> {
    return new NodeUpscaler(gpu, await readShippedModel(options.tier), options);
  }

  get precision(): UpscalePrecision {
    return choosePrecision(this.#requested, this.#gpu.caps, this.#model.manifest);
  }

  get scale(): number {
    return this.#model.manifest.scale;
  }

  /** Compiles for a size, or finds it compiled. */
  async prepare(size: Size): Promise<PreparedSize> {
    const key = `${size.width}x${size.height}`;
    const known = this.#sizes.get(key);
    if (known) return known;
    const stage = new UpscaleStage(this.#gpu, this.#model, { precision: this.#requested });
    stage.strength = this.#strength;
    const picture = await stage.prepare(size);
    const prepared = new PreparedSize(this.#gpu, stage, size, picture);
    this.#sizes.set(key, prepared);
    const [oldest] = this.#sizes;
    if (this.#sizes.size > keptSizes && oldest) {
      oldest[1].dispose();
      this.#sizes.delete(oldest[0]);
    }
    return prepared;
  }

  async plan(size: Size): Promise<Plan> {
    const { plan } = (await this.prepare(size)).stage;
    if (!plan) throw new Error('a prepared stage has a plan');
    return plan;
  }

  /** Upscales one picture. A second call may start before the first has ended, at the same size. */
  async upscale(pixels: Pixels): Promise<Pixels> {
    const prepared = await this.prepare(pixels);
    prepared.upload(pixels);
    prepared.run();
    return prepared.read();
  }

  /** The next picture follows none: what the network keeps from one to the next begins anew. */
  reset(): void {
    for (const { stage } of this.#sizes.values()) stage.reset();
  }

  /**
   * Runs the plan on what is in the frame texture, as so many frames one after the other. Resolves to the milliseconds a frame from submit to
   * done on the GPU.
   */
  async time(size: Size, frames = 1): Promise<number> {
    const prepared = await this.prepare(size);
    const startMs = performance.now();
    for (let i = 0; i < frames; i++) prepared.run();
    await this.#gpu.device.queue.onSubmittedWorkDone();
    return (performance.now() - startMs) / frames;
  }

  /** A picture that follows no other, with the milliseconds from submit to done. */
  async timedUpscale(pixels: Pixels): Promise<{ readonly picture: Pixels; readonly ms: number }> {
    const prepared = await this.prepare(pixels);
    prepared.upload(pixels);
    prepared.stage.reset();
    await this.#gpu.device.queue.onSubmittedWorkDone();
    const ms = await this.time(pixels);
    return { picture: await prepared.read(), ms };
  }

  dispose(): void {
    for (const prepared of this.#sizes.values()) prepared.dispose();
    this.#sizes.clear();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
