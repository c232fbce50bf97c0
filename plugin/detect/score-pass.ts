import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { compile } from '../engine/plan/compile.js';
import { Runner } from '../engine/runner.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';
import type { DetectModel } from './model.js';
import type { PromptTargets } from './prompt-targets.js';
import { ReadBack } from './read-back.js';
import { noWeights, outputType, storedNumbers, writeInput } from './tensor-io.js';

/** Embeddings → how probably each shows what each prompt names. Made anew for another number of prompts. */
export class ScorePass implements DisposableResource {
  readonly prompts: number;
  readonly #gpu: GpuDevice;
  readonly #runner: Runner;
  readonly #names: readonly string[];
  readonly #readBack: ReadBack;

  private constructor(gpu: GpuDevice, runner: Runner, names: readonly string[], prompts: number) {
    this.prompts = prompts;
    this.#gpu = gpu;
    this.#runner = runner;
    this.#names = names;
    runner.bind();
    this.#readBack = new ReadBack(
      gpu,
      'detect.scores',
      names.map((name) => runner.buffer(`${name}.scores`)),
    );
  }

  /**
   * @param rows how many rows of each kind of embeddings, by name
   * @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-*`; the signal's reason.
   */
  static async create(
    gpu: GpuDevice,
    model: DetectModel,
    precision: Precision,
    rows: Readonly<Record<string, number>>,
    prompts: number,
    signal?: AbortSignal,
  ): Promise<ScorePass> {
    const plan = compile(model.graphs.scores(rows, prompts), { caps: gpu.caps, precision });
    return new ScorePass(gpu, await Runner.create(gpu, plan, noWeights, signal), Object.keys(rows), prompts);
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#runner.sizeBytes + this.#readBack.sizeBytes;
  }

  setTargets({ targets, rivals }: PromptTargets): void {
    writeInput(this.#gpu, this.#runner, 'targets', targets);
    writeInput(this.#gpu, this.#runner, 'rivals', rivals);
  }

  /** Encodes copies of the embeddings, which may be longer, the scores, and their way back. */
  record(
    encoder: GPUCommandEncoder,
    embeddings: Readonly<Record<string, GPUBuffer>>,
    descriptor: GPUComputePassDescriptor,
  ): void {
    for (const name of this.#names) {
      const source = embeddings[name];
      const target = this.#runner.buffer(name);
      if (!source) throw new RangeError(`scores: no embeddings '${name}'`);
      encoder.copyBufferToBuffer(source, 0, target, 0, target.size);
    }
    const pass = encoder.beginComputePass(descriptor);
    this.#runner.record(pass);
    pass.end();
    this.#readBack.record(encoder);
  }

  /** Scores by name, `[rows, prompts]` each. */
  async read(): Promise<Readonly<Record<string, Float32Array>>> {
    const bytes = await this.#readBack.read();
    const { prompts } = this;
    const unpadded = this.#names.map((name, i) => {
      const stored = storedNumbers(bytes[i] ?? new ArrayBuffer(0), this.#runner.plan.precision);
      const [rows = 0] = outputType(this.#runner, `${name}.scores`).shape;
      const width = Math.ceil(prompts / 4) * 4;
      const values = new Float32Array(rows * prompts);
      for (let row = 0; row < rows; row++)
        values.set(stored.subarray(row * width, row * width + prompts), row * prompts);
      return [name, values] as const;
    });
    return Object.fromEntries(unpadded);
  }

  dispose(): void {
    this.#runner.dispose();
    this.#readBack.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
