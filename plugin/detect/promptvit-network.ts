import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { Graph } from '../engine/graph.js';
import { compile } from '../engine/plan/compile.js';
import { Runner } from '../engine/runner.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';
import type { DetectModel } from './model.js';
import type { Peaks } from './proposals.js';
import { ReadBack } from './read-back.js';
import { outputType, storedNumbers } from './tensor-io.js';

export interface NetworkSpec {
  readonly precision: Precision;
  /** Pixels of the picture that the network sees. */
  readonly input: Size;
  /** Whether boxes can be looked at again. */
  readonly secondLook: boolean;
}

/** The plans of a look at one input size, with their weights on the GPU: whatever does not depend on the frame's own size. */
export class PromptvitNetwork implements DisposableResource {
  readonly spec: NetworkSpec;
  readonly picture: Runner;
  readonly regions: Runner;
  readonly crops: Runner | undefined;
  readonly peaks: ReadBack;

  private constructor(gpu: GpuDevice, spec: NetworkSpec, picture: Runner, regions: Runner, crops: Runner | undefined) {
    this.spec = spec;
    this.picture = picture;
    this.regions = regions;
    this.crops = crops;
    for (const runner of [picture, regions, crops]) runner?.bind();
    this.peaks = new ReadBack(gpu, 'detect.peaks', [picture.buffer('peaks')]);
  }

  /** @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-*`, `weights-*`; the signal's reason. */
  static async create(
    gpu: GpuDevice,
    model: DetectModel,
    spec: NetworkSpec,
    signal?: AbortSignal,
  ): Promise<PromptvitNetwork> {
    const { graphs, weights } = model;
    const { height, width } = spec.input;
    const run = (graph: Graph): Promise<Runner> =>
      Runner.create(gpu, compile(graph, { caps: gpu.caps, precision: spec.precision }), weights, signal);
    const made = await Promise.allSettled([
      run(graphs.picture(height, width)),
      run(graphs.regions(height, width)),
      ...(spec.secondLook ? [run(graphs.crops())] : []),
    ]);
    const [picture, regions, crops] = made.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
    const failed = made.find((result) => result.status === 'rejected');
    if (picture && regions && !failed) return new PromptvitNetwork(gpu, spec, picture, regions, crops);
    for (const runner of [picture, regions, crops]) runner?.dispose();
    throw failed?.reason;
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.picture.sizeBytes + this.regions.sizeBytes + (this.crops?.sizeBytes ?? 0) + this.peaks.sizeBytes;
  }

  /** The box detector's answer, once what was submitted is done. */
  async readPeaks(): Promise<Peaks> {
    const [bytes = new ArrayBuffer(0)] = await this.peaks.read();
    const [height = 0, width = 0, channels = 0] = outputType(this.picture, 'peaks').shape;
    const values = storedNumbers(bytes, this.spec.precision);
    return { width, height, values, cellLength: Math.ceil(channels / 4) * 4 };
  }

  dispose(): void {
    this.picture.dispose();
    this.regions.dispose();
    this.crops?.dispose();
    this.peaks.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
