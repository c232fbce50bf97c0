import { type DisposableResource, disposeSymbol } from '../../core/dispose.js';
import type { Rect, Size } from '../../core/geometry.js';
import { shownPart } from '../../engine/files/image-processor.js';
import { Graph } from '../../engine/graph.js';
import { boxStepsPerPixel, cropResize } from '../../engine/ops/image/crop-resize.js';
import { compile } from '../../engine/plan/compile.js';
import { Runner } from '../../engine/runner.js';
import { channelsOf, groupsOf, image, invalidGraph, tensor } from '../../engine/tensor.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { ReadBack } from '../read-back.js';
import { noWeights, outputType, storedNumbers, writeInput } from '../tensor-io.js';
import type { ImageTower } from './model.js';
import { unitRows } from './unit-rows.js';

export interface RegionEncoderOptions {
  readonly precision: Precision;
  /** Regions in one submit. Default 16. */
  readonly batch?: number | undefined;
}

/** The part of a frame that makes crops of it, bound to one texture. */
interface Crops {
  readonly texture: GPUTexture;
  readonly runner: Runner;
}

/**
 * Regions of a frame texture → embeddings of an image tower, a batch in one submit: cropped, resized and normalised on the GPU as the
 * model's processor says. Pixels never leave the GPU.
 */
export class RegionEncoder implements DisposableResource {
  readonly #gpu: GpuDevice;
  readonly #tower: ImageTower;
  readonly #batch: number;
  readonly #runner: Runner;
  readonly #readBack: ReadBack;
  readonly #output: string;
  #crops: Crops | undefined;

  private constructor(gpu: GpuDevice, tower: ImageTower, batch: number, runner: Runner) {
    this.#gpu = gpu;
    this.#tower = tower;
    this.#batch = batch;
    this.#runner = runner;
    const [output] = runner.plan.outputs;
    if (!output) throw invalidGraph('a tower without an output', 'embeddings');
    this.#output = output.name;
    this.#readBack = new ReadBack(gpu, 'detect.tower', [runner.buffer(output.name)]);
    runner.bind();
  }

  /** @throws VitreousError `weights-*`, `device-limit`, `gpu-*`, `pipeline-failed`; the signal's reason. */
  static async create(
    gpu: GpuDevice,
    tower: ImageTower,
    { precision, batch = 16 }: RegionEncoderOptions,
    signal?: AbortSignal,
  ): Promise<RegionEncoder> {
    const plan = compile(tower.pixels(batch, tower.processor.crop.size), { caps: gpu.caps, precision });
    return new RegionEncoder(gpu, tower, batch, await Runner.create(gpu, plan, tower.weights, signal));
  }

  get precision(): Precision {
    return this.#runner.plan.precision;
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#runner.sizeBytes + this.#readBack.sizeBytes + (this.#crops?.runner.sizeBytes ?? 0);
  }

  /** Multiply-accumulates of a batch. */
  get macs(): number {
    return this.#runner.plan.macs;
  }

  /** Numbers in an embedding. */
  get length(): number {
    return channelsOf(outputType(this.#runner, this.#output));
  }

  async #cropsOf(texture: GPUTexture): Promise<Runner> {
    if (this.#crops?.texture === texture) return this.#crops.runner;
    const graph = new Graph();
    const frame = graph.input('frame', image(texture.width, texture.height));
    const boxes = graph.input('boxes', tensor([this.#batch, 4], 'index'));
    graph.output(cropResize(graph, frame, boxes, this.#tower.processor.crop, 'crops'));
    const plan = compile(graph, { caps: this.#gpu.caps, precision: this.#runner.plan.precision });
    const runner = await Runner.create(this.#gpu, plan, noWeights);
    runner.bind({ frame: texture.createView({ label: 'vitreous/detect.frame' }) });
    this.#crops?.runner.dispose();
    this.#crops = { texture, runner };
    return runner;
  }

  /** Compiles what a texture's size asks for; `embed` does so where it was not done. */
  async prepare(texture: GPUTexture): Promise<void> {
    await this.#cropsOf(texture);
  }

  /**
   * Unit embeddings of regions, in their order; more than a batch of them take several submits.
   *
   * @param texture rgba8unorm; it may be overwritten by later submits once the promise is returned to a caller that prepared
   * @param regions rectangles in pixels of the texture
   */
  async embed(texture: GPUTexture, regions: readonly Rect[]): Promise<readonly Float32Array[]> {
    const crops = await this.#cropsOf(texture);
    const rows: Float32Array[] = [];
    for (let at = 0; at < regions.length; at += this.#batch)
      rows.push(...(await this.#run(crops, regions.slice(at, at + this.#batch), texture)));
    return rows;
  }

  /** The embedding of a whole picture, as the model's processor would show it. */
  async embedPicture(texture: GPUTexture): Promise<Float32Array> {
    const [left, top, right, bottom] = shownPart(this.#tower.processor, texture);
    const [row] = await this.embed(texture, [{ x: left, y: top, width: right - left, height: bottom - top }]);
    return row ?? new Float32Array();
  }

  async #run(crops: Runner, regions: readonly Rect[], size: Size): Promise<readonly Float32Array[]> {
    writeInput(this.#gpu, crops, 'boxes', boxesOf(regions, this.#batch, size));
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'vitreous/detect.regions' });
    const pass = (runner: Runner, label: string): void => {
      const open = encoder.beginComputePass({ label: `vitreous/detect.${label}` });
      runner.record(open);
      open.end();
    };
    pass(crops, 'crops');
    const [from, to] = [crops.buffer('crops'), this.#runner.buffer('pixels')];
    encoder.copyBufferToBuffer(from, 0, to, 0, to.size);
    pass(this.#runner, 'tower');
    this.#readBack.record(encoder);
    device.queue.submit([encoder.finish()]);
    const [bytes] = await this.#readBack.read();
    const type = outputType(this.#runner, this.#output);
    const numbers = storedNumbers(bytes ?? new ArrayBuffer(), this.#runner.plan.precision);
    const rows = unitRows(numbers, groupsOf(type) * 4).slice(0, regions.length);
    return rows.map((row) => row.slice(0, channelsOf(type)));
  }

  dispose(): void {
    this.#crops?.runner.dispose();
    this.#crops = undefined;
    this.#readBack.dispose();
    this.#runner.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** Edges in steps, within the frame and at least one pixel apart; boxes that are missing repeat the frame. */
function boxesOf(regions: readonly Rect[], count: number, { width, height }: Size): Float32Array {
  const values = new Float32Array(count * 4);
  const edges = (begin: number, length: number, most: number): readonly [number, number] => {
    const from = Math.min(Math.max(begin, 0), most - 1);
    return [from, Math.min(Math.max(begin + length, from + 1), most)];
  };
  for (let i = 0; i < count; i++) {
    const { x, y, width: w, height: h } = regions[i] ?? { x: 0, y: 0, width, height };
    const [[left, right], [top, bottom]] = [edges(x, w, width), edges(y, h, height)];
    values.set(
      [left, top, right, bottom].map((edge) => Math.round(edge * boxStepsPerPixel)),
      i * 4,
    );
  }
  return values;
}
