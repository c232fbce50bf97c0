import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Rect, Size } from '../core/geometry.js';
import { Graph } from '../engine/graph.js';
import { boxStepsPerPixel, cropResize } from '../engine/ops/image/crop-resize.js';
import { compile } from '../engine/plan/compile.js';
import { Runner } from '../engine/runner.js';
import { image, tensor } from '../engine/tensor.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';
import { noWeights, writeInput } from './tensor-io.js';

export interface CropResizeSpec {
  /** Pixels of the frame. */
  readonly frame: Size;
  /** Pixels of each output. */
  readonly size: Size;
  /** How many rectangles there are. */
  readonly count: number;
  /** (value of 0 to 255 − mean) · scale is what comes out. */
  readonly input: { readonly mean: number; readonly scale: number };
  readonly precision: Precision;
}

function graphOf({ frame, size, count, input }: CropResizeSpec): Graph {
  const graph = new Graph();
  const [mean, std] = [input.mean / 255, 1 / (input.scale * 255)];
  const boxes = graph.input('boxes', tensor([count, 4], 'index'));
  const attrs = {
    size: [size.height, size.width],
    filter: 'bilinear',
    mean: [mean, mean, mean],
    std: [std, std, std],
  } as const;
  graph.output(cropResize(graph, graph.input('frame', image(frame.width, frame.height)), boxes, attrs, 'crops'));
  return graph;
}

/** Rectangles of one frame texture → a batch of pictures of one size, `[count, height, width, 3]`. Pixels stay on the GPU. */
export class CropResize implements DisposableResource {
  readonly #gpu: GpuDevice;
  readonly #spec: CropResizeSpec;
  readonly #runner: Runner;

  private constructor(gpu: GpuDevice, spec: CropResizeSpec, runner: Runner) {
    this.#gpu = gpu;
    this.#spec = spec;
    this.#runner = runner;
  }

  /** @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-*`; the signal's reason. */
  static async create(
    gpu: GpuDevice,
    spec: CropResizeSpec,
    frame: GPUTexture,
    signal?: AbortSignal,
  ): Promise<CropResize> {
    const plan = compile(graphOf(spec), { caps: gpu.caps, precision: spec.precision });
    const runner = await Runner.create(gpu, plan, noWeights, signal);
    runner.bind({ frame: frame.createView({ label: 'vitreous/detect.frame' }) });
    return new CropResize(gpu, spec, runner);
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#runner.sizeBytes;
  }

  /** What was resized last. */
  get output(): GPUBuffer {
    return this.#runner.buffer('crops');
  }

  /** Sets the rectangles, frame pixels, for what is submitted from now on; those that are missing repeat the last. */
  setRects(rects: readonly Rect[]): void {
    const { count, frame } = this.#spec;
    const steps = (pixels: number, most: number): number =>
      Math.round(Math.min(Math.max(pixels, 0), most) * boxStepsPerPixel);
    const values = new Float32Array(count * 4);
    for (let i = 0; i < count; i++) {
      const rect = rects[Math.min(i, rects.length - 1)] ?? { x: 0, y: 0, ...frame };
      const [right, bottom] = [rect.x + rect.width, rect.y + rect.height];
      values.set(
        [
          steps(rect.x, frame.width),
          steps(rect.y, frame.height),
          steps(right, frame.width),
          steps(bottom, frame.height),
        ],
        i * 4,
      );
    }
    writeInput(this.#gpu, this.#runner, 'boxes', values);
  }

  record(pass: GPUComputePassEncoder): void {
    this.#runner.record(pass);
  }

  dispose(): void {
    this.#runner.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
