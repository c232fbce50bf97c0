import { VitreousError } from '../../core/errors.js';
import { compile } from '../../engine/plan/compile.js';
import { Runner } from '../../engine/runner.js';
import { channelsOf, groupsOf } from '../../engine/tensor.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import type { EncodedPrompt, PromptEncoder } from '../detector.js';
import { ReadBack } from '../read-back.js';
import { outputType, storedNumbers, writeInput } from '../tensor-io.js';
import type { TextTower } from './model.js';
import { unitRows } from './unit-rows.js';

/** Texts in one submit. */
const batchSize = 16;

/** Sequences of like lengths share a plan's sizes; what is computed for nothing stays below this many tokens. */
const tokenStep = 8;

interface Sequence {
  readonly ids: readonly number[];
  readonly end: number;
}

/** A tower on the GPU for batches of one shape. */
class TextBatches {
  readonly #gpu: GpuDevice;
  readonly #runner: Runner;
  readonly #readBack: ReadBack;
  readonly #tower: TextTower;
  readonly #batch: number;
  readonly #tokens: number;

  constructor(gpu: GpuDevice, tower: TextTower, runner: Runner, batch: number, tokens: number) {
    this.#gpu = gpu;
    this.#tower = tower;
    this.#runner = runner;
    this.#batch = batch;
    this.#tokens = tokens;
    this.#readBack = new ReadBack(gpu, 'detect.text', [runner.buffer('text_embeds')]);
    runner.bind();
  }

  /** Unit embeddings of one batch; rows that are missing are empty texts. */
  async run(sequences: readonly Sequence[]): Promise<readonly Float32Array[]> {
    const { paddingId } = this.#tower;
    const ids = new Float32Array(this.#batch * this.#tokens).fill(paddingId);
    const ends = new Float32Array(this.#batch);
    sequences.forEach((sequence, i) => {
      ids.set(sequence.ids, i * this.#tokens);
      ends[i] = sequence.end;
    });
    writeInput(this.#gpu, this.#runner, 'ids', ids);
    writeInput(this.#gpu, this.#runner, 'ends', ends);
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'vitreous/detect.text' });
    const pass = encoder.beginComputePass({ label: 'vitreous/detect.text' });
    this.#runner.record(pass);
    pass.end();
    this.#readBack.record(encoder);
    device.queue.submit([encoder.finish()]);
    const [bytes] = await this.#readBack.read();
    const type = outputType(this.#runner, 'text_embeds');
    const numbers = storedNumbers(bytes ?? new ArrayBuffer(), this.#runner.plan.precision);
    const rows = unitRows(numbers, groupsOf(type) * 4).map((row) => row.slice(0, channelsOf(type)));
    return rows.slice(0, sequences.length);
  }

  dispose(): void {
    this.#readBack.dispose();
    this.#runner.dispose();
  }
}

/**
 * Embeddings of texts by a tower, at unit length. Of the GPU it holds nothing afterwards.
 *
 * @throws VitreousError `weights-*`, `device-limit`, `gpu-*`, `pipeline-failed`; the signal's reason.
 */
export async function encodeTexts(
  gpu: GpuDevice,
  tower: TextTower,
  texts: readonly string[],
  precision: Precision,
  signal?: AbortSignal,
): Promise<readonly Float32Array[]> {
  const sequences = texts.map((text): Sequence => {
    const ids = tower.encode(text);
    return { ids, end: tower.endOf(ids) };
  });
  if (sequences.length === 0) return [];
  const longest = Math.max(...sequences.map(({ ids }) => ids.length));
  const tokens = Math.min(Math.ceil(longest / tokenStep) * tokenStep, tower.positions);
  const batch = Math.min(batchSize, sequences.length);
  const plan = compile(tower.graph(batch, tokens), { caps: gpu.caps, precision });
  const batches = new TextBatches(gpu, tower, await Runner.create(gpu, plan, tower.weights, signal), batch, tokens);
  try {
    const rows: Float32Array[] = [];
    for (let at = 0; at < sequences.length; at += batch) {
      signal?.throwIfAborted();
      rows.push(...(await batches.run(sequences.slice(at, at + batch))));
    }
    return rows;
  } finally {
    batches.dispose();
  }
}

/** How CLIP was told of pictures: a bare noun is read better so (Radford et al. 2021, §3.1.4). */
const usualTemplate = 'a photo of a {}';

export interface TowerPromptEncoderOptions {
  readonly precision: Precision;
  /** What a prompt is put into, in place of `{}`. Default `a photo of a {}`. */
  readonly template?: string | undefined;
}

/** Prompts by a CLIP text tower: loaded when there is a new prompt, let go again at once. */
export class TowerPromptEncoder implements PromptEncoder {
  readonly #gpu: GpuDevice;
  readonly #load: (signal?: AbortSignal) => Promise<TextTower>;
  readonly #options: TowerPromptEncoderOptions;
  readonly #known = new Map<string, Float32Array>();

  /** @param load brings the tower and its weights to the CPU */
  constructor(gpu: GpuDevice, load: (signal?: AbortSignal) => Promise<TextTower>, options: TowerPromptEncoderOptions) {
    this.#gpu = gpu;
    this.#load = load;
    this.#options = options;
  }

  async encode(prompts: readonly string[], signal?: AbortSignal): Promise<readonly EncodedPrompt[]> {
    for (const prompt of prompts)
      if (prompt.trim() === '')
        throw new VitreousError({
          code: 'prompt-invalid',
          stage: 'detect',
          found: `prompt '${prompt.slice(0, 40)}'`,
          expected: 'a text that names something',
          fix: 'Leave empty prompts out.',
        });
    const missing = [...new Set(prompts)].filter((prompt) => !this.#known.has(prompt));
    if (missing.length > 0) {
      const tower = await this.#load(signal);
      const { template = usualTemplate, precision } = this.#options;
      const texts = missing.map((prompt) => template.replace('{}', () => prompt.trim()));
      const rows = await encodeTexts(this.#gpu, tower, texts, precision, signal);
      rows.forEach((row, i) => {
        this.#known.set(missing[i] ?? '', row);
      });
    }
    return prompts.map((prompt) => ({
      prompt,
      matchedAs: undefined,
      kind: 'encoded' as const,
      confidence: 1,
      colour: undefined,
      embedding: this.#known.get(prompt) ?? new Float32Array(),
    }));
  }
}
