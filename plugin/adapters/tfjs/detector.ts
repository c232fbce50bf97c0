import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { dispose, type io, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { intersectionOverUnion } from '../../core/boxes.js';
import { disposeSymbol } from '../../core/dispose.js';
import type { Rect, Size } from '../../core/geometry.js';
import { type Detection, type Detector, type DetectorResult, type PromptAnswer, VitreousError } from '../../index.js';
import { TfjsBackend } from './backend.js';
import type { Labels } from './labels.js';
import { type InputScaling, TensorInput } from './tensor-input.js';

/** An output of the model, read back. */
export interface TfjsOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row by row, the last dimension first. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What a model has found. */
export interface TfjsBox {
  /** Index into `labels`. */
  readonly label: number;
  /** 0 to 1. */
  readonly score: number;
  /** In fractions of the picture's width and height, from its upper left corner. */
  readonly box: Rect;
}

/** All that a detector needs to know of a model. */
export interface ModelSetup {
  readonly artifacts: io.ModelArtifacts;
  readonly inputName: string;
  readonly inputSize: Size;
  readonly scaling: InputScaling;
  readonly outputs: readonly string[];
  readonly labels: Labels;
  readonly overlap: number;
  readonly decode: (outputs: readonly TfjsOutput[], input: Size) => readonly TfjsBox[];
}

/** A graph model of TF.js as a detector: its input is a buffer of ours, and what comes back to the CPU is its outputs alone. */
export class TfjsDetector implements Detector {
  readonly #setup: ModelSetup;
  readonly #backend: TfjsBackend;
  readonly #model: GraphModel<io.IOHandlerSync>;
  readonly #input: TensorInput;
  readonly #maxPerPrompt: number;
  #frame: Size = { width: 0, height: 0 };
  /** Prompts by class. */
  #prompts: ReadonlyMap<number, readonly string[]> = new Map();
  #disposed = false;
  answers: readonly PromptAnswer[] = [];

  private constructor(setup: ModelSetup, backend: TfjsBackend, input: TensorInput, maxPerPrompt: number) {
    this.#setup = setup;
    this.#backend = backend;
    this.#input = input;
    this.#maxPerPrompt = maxPerPrompt;
    // Weights belong to the backend that is in use when they are made.
    this.#model = backend.run(() => loadGraphModelSync(setup.artifacts));
  }

  /** @throws VitreousError `pipeline-failed`; the signal's reason. */
  static async create(
    setup: ModelSetup,
    device: GPUDevice,
    { maxPerPrompt, signal }: { readonly maxPerPrompt: number; readonly signal: AbortSignal },
  ): Promise<TfjsDetector> {
    const input = await TensorInput.create(device, setup.inputSize, setup.scaling);
    const backend = new TfjsBackend(device);
    try {
      signal.throwIfAborted();
      return new TfjsDetector(setup, backend, input, maxPerPrompt);
    } catch (thrown) {
      input.dispose();
      backend.dispose();
      throw thrown;
    }
  }

  async prepare(size: Size): Promise<void> {
    this.#frame = size;
  }

  async setPrompts(prompts: readonly string[]): Promise<readonly PromptAnswer[]> {
    const understood = prompts.map((prompt) => this.#setup.labels.understand(prompt));
    const byClass = new Map<number, string[]>();
    for (const { index, answer } of understood) byClass.set(index, [...(byClass.get(index) ?? []), answer.prompt]);
    this.#prompts = byClass;
    this.answers = understood.map(({ answer }) => answer);
    return this.answers;
  }

  async detect(frame: GPUTexture): Promise<DetectorResult> {
    if (this.#disposed) throw disposedError();
    this.#input.write(frame);
    const outputs = this.#backend.run(() => this.#execute());
    try {
      const read = await Promise.all(outputs.map((output, i) => this.#read(output, i)));
      return { detections: this.#detectionsOf(this.#setup.decode(read, this.#setup.inputSize)) };
    } finally {
      dispose(outputs);
    }
  }

  /** There is no dense map of what a class is alike to. */
  heatMap(): undefined {
    return undefined;
  }

  #execute(): Tensor[] {
    const { inputName, inputSize, outputs } = this.#setup;
    const shape: [number, number, number, number] = [1, inputSize.height, inputSize.width, 3];
    const input = tensor({ buffer: this.#input.buffer, zeroCopy: true }, shape, 'float32');
    try {
      const given = this.#model.execute({ [inputName]: input }, [...outputs]);
      return Array.isArray(given) ? given : [given];
    } finally {
      input.dispose();
    }
  }

  async #read(output: Tensor, index: number): Promise<TfjsOutput> {
    const values = await output.data();
    return { name: this.#setup.outputs[index] ?? '', shape: output.shape, values };
  }

  /** Best first, and of boxes of one class that overlap much the best. */
  #detectionsOf(boxes: readonly TfjsBox[]): readonly Detection[] {
    const { width, height } = this.#frame;
    const kept = new Map<number, Rect[]>();
    const found: Detection[] = [];
    for (const { label, score, box } of [...boxes].sort((a, b) => b.score - a.score)) {
      const prompts = this.#prompts.get(label);
      if (!prompts || !Number.isFinite(score)) continue;
      const pixels = { x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height };
      const others = kept.get(label) ?? [];
      kept.set(label, others);
      if (others.length >= this.#maxPerPrompt) continue;
      if (others.some((other) => intersectionOverUnion(other, pixels) > this.#setup.overlap)) continue;
      others.push(pixels);
      for (const prompt of prompts) found.push({ prompt, score: Math.min(1, Math.max(0, score)), box: pixels });
    }
    return found;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#model.dispose();
    this.#backend.dispose();
    this.#input.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function disposedError(): VitreousError {
  return new VitreousError({
    code: 'disposed',
    stage: 'detect',
    found: 'a disposed detector',
    expected: 'one in use',
    fix: 'Report this; the picture goes on without detection.',
  });
}
