import { disposeSymbol } from '../core/dispose.js';
import { notReady, VitreousError } from '../core/errors.js';
import type { Rect, Size } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';
import { bestBoxes, detectionsOf } from './best-boxes.js';
import { withColours } from './colours.js';
import type {
  Detector,
  DetectorOptions,
  DetectorResult,
  EncodedPrompt,
  PromptAnswer,
  PromptEncoder,
} from './detector.js';
import type { DetectModel } from './model.js';
import { PromptHeat } from './prompt-heat.js';
import { PromptScores } from './prompt-scores.js';
import { PromptvitLooks } from './promptvit-looks.js';

export interface PromptvitOptions extends DetectorOptions {
  /** Default f16 where a real GPU has it, else f32. */
  readonly precision?: Precision | undefined;
  /** Look at the best boxes again, each on its own. Costs about as much as the first look. Default true. */
  readonly secondLook?: boolean | undefined;
}

const defaultMaxPerPrompt = 100;

/** The shipped prompt model: one pass over a frame gives boxes and embeddings, prompts are compared by cosine. */
export class PromptvitDetector implements Detector {
  readonly precision: Precision;
  /** Whether the next looks look at the best boxes again; only where the detector was made so. */
  secondLook: boolean;
  readonly #gpu: GpuDevice;
  readonly #model: DetectModel;
  readonly #encoder: PromptEncoder;
  readonly #preparesSecondLook: boolean;
  readonly #maxPerPrompt: number;
  readonly #known = new Map<string, EncodedPrompt>();
  #prompts: readonly EncodedPrompt[] = [];
  #looks: PromptvitLooks | undefined;
  #scores: PromptScores | undefined;
  #heat: PromptHeat | undefined;
  /** The look under way; what it uses is released after it. */
  #busy: Promise<unknown> = Promise.resolve();
  #lost = false;
  #disposed = false;

  constructor(gpu: GpuDevice, model: DetectModel, encoder: PromptEncoder, options: PromptvitOptions = {}) {
    this.#gpu = gpu;
    this.#model = model;
    this.#encoder = encoder;
    this.precision = options.precision ?? (gpu.caps.shaderF16 && !gpu.caps.software ? 'f16' : 'f32');
    this.secondLook = options.secondLook ?? true;
    this.#preparesSecondLook = this.secondLook;
    this.#maxPerPrompt = options.maxPerPrompt ?? defaultMaxPerPrompt;
    gpu.lost.then(() => {
      this.#lost = true;
    });
  }

  get answers(): readonly PromptAnswer[] {
    return this.#prompts;
  }

  get sizeBytes(): number {
    return (this.#looks?.sizeBytes ?? 0) + (this.#scores?.sizeBytes ?? 0) + (this.#heat?.sizeBytes ?? 0);
  }

  /** The GPU's side at the prepared size. */
  get looks(): PromptvitLooks | undefined {
    return this.#looks;
  }

  async prepare(size: Size, signal?: AbortSignal): Promise<void> {
    const former = this.#looks;
    const options = { precision: this.precision, secondLook: this.#preparesSecondLook, frame: size };
    const looks = await PromptvitLooks.create(this.#gpu, this.#model, options, former, signal);
    await this.#idle();
    if (this.#disposed || signal?.aborted) {
      looks.disposeAfter(former);
      signal?.throwIfAborted();
      throw notReady('detect', 'a detector', 'prepare and setPrompts');
    }
    this.#looks = looks;
    former?.disposeAfter(looks);
    if (former?.network === looks.network) return;
    this.#heat?.dispose();
    this.#heat = new PromptHeat(this.#gpu, looks.cells);
    await this.#score(this.#prompts, signal);
  }

  async setPrompts(prompts: readonly string[], signal?: AbortSignal): Promise<readonly PromptAnswer[]> {
    const unknown = prompts.filter((prompt) => !this.#known.has(prompt));
    const encoded = unknown.length > 0 ? await this.#encoder.encode([...new Set(unknown)], signal) : [];
    signal?.throwIfAborted();
    const fresh = new Map(encoded.map((answer) => [answer.prompt, answer]));
    const next = prompts.flatMap((prompt) => fresh.get(prompt) ?? this.#known.get(prompt) ?? []);
    await this.#score(next, signal);
    this.#prompts = next;
    this.#known.clear();
    for (const answer of next) this.#known.set(answer.prompt, answer);
    return next;
  }

  detect(frame: GPUTexture): Promise<DetectorResult> {
    const scores = this.#scores;
    if (!scores) return Promise.reject(notReady('detect', 'a detector', 'prepare and setPrompts'));
    return this.#look(frame, async (looks) => {
      const proposals = await looks.readProposals();
      const boxes = proposals.map(({ box }) => box);
      const objectness = proposals.map((proposal) => proposal.objectness);
      const first = await looks.scoreRegions(boxes, scores.first, proposals);
      if (first.cells) this.#heat?.set(first.cells, scores.prompts.length);
      const { objectnessPower, secondLookCount } = this.#model.manifest.scoring;
      const prompts = scores.prompts.map(({ prompt }) => prompt);
      const probability = first.regions ?? new Float32Array();
      // The detector's own class may speak for a prompt, never against it: it knows few of the things that boxes show.
      const weighted = (): Float32Array =>
        Float32Array.from({ length: boxes.length * prompts.length }, (_, i) => {
          const own = objectness[Math.floor(i / prompts.length)] ?? 0;
          return Math.max(probability[i] ?? 0, first.drawn?.[i] ?? 0) * own ** objectnessPower;
        });
      if (this.secondLook && scores.second && boxes.length > 0) {
        const chosen = bestBoxes({ boxes, prompts, scores: weighted() }, secondLookCount);
        const again = await looks.scoreCrops(boxes, chosen, scores.second);
        replaceRows(probability, again, chosen, prompts.length);
      }
      const all = await withColours(boxes, scores.prompts, weighted(), (some) => looks.sampleColours(some));
      return { detections: detectionsOf({ boxes, prompts, scores: all }, this.#maxPerPrompt) };
    });
  }

  /**
   * How probably each given box shows what each prompt names, objectness left out: `[boxes, prompts]`. Looks at all of them again where
   * `secondLook` is set.
   *
   * @throws VitreousError as `detect`.
   */
  scoreBoxes(frame: GPUTexture, boxes: readonly Rect[]): Promise<Float32Array> {
    const scores = this.#scores;
    if (!scores) return Promise.reject(notReady('detect', 'a detector', 'prepare and setPrompts'));
    return this.#look(frame, async (looks) => {
      const { regions, secondLookCount } = this.#model.manifest.scoring;
      const prompts = scores.prompts.length;
      const out = new Float32Array(boxes.length * prompts);
      for (let from = 0; from < boxes.length; from += regions) {
        const part = boxes.slice(from, from + regions);
        const probability = (await looks.scoreRegions(part, scores.first)).regions ?? new Float32Array();
        if (this.secondLook && scores.second)
          for (let at = 0; at < part.length; at += secondLookCount) {
            const chosen = part.slice(at, at + secondLookCount).map((_, i) => at + i);
            replaceRows(probability, await looks.scoreCrops(part, chosen, scores.second), chosen, prompts);
          }
        out.set(probability.subarray(0, part.length * prompts), from * prompts);
      }
      return out;
    });
  }

  /**
   * The unit embedding of the picture as a whole, seen twice where `secondLook` is set. Needs no prompts.
   *
   * @throws VitreousError as `detect`.
   */
  embedPicture(frame: GPUTexture): Promise<Float32Array> {
    return this.#look(frame, async (looks) => {
      const row = await looks.embed([{ x: 0, y: 0, ...looks.frame }], this.secondLook);
      const norm = Math.hypot(...row);
      return row.map((value) => value / norm);
    });
  }

  heatMap(promptIndex: number): GPUTexture | undefined {
    return this.#heat?.texture(promptIndex);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#scores?.dispose();
    this.#heat?.dispose();
    this.#looks?.dispose();
    this.#looks = undefined;
    this.#scores = undefined;
    this.#heat = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** Submits the pass over a frame at once; the rest of the look follows as results come back. */
  async #look<T>(frame: GPUTexture, rest: (looks: PromptvitLooks) => Promise<T>): Promise<T> {
    const looks = this.#looks;
    if (!looks) throw notReady('detect', 'a detector', 'prepare and setPrompts');
    looks.submitPicture(frame);
    const look = rest(looks);
    this.#busy = look.catch(() => {});
    try {
      return await look;
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  async #idle(): Promise<void> {
    await this.#busy;
  }

  /** Builds what scores by these prompts, once a size is known. */
  async #score(prompts: readonly EncodedPrompt[], signal: AbortSignal | undefined): Promise<void> {
    const looks = this.#looks;
    if (!looks) return;
    const scores =
      prompts.length > 0 ? await PromptScores.create(this.#gpu, this.#model, looks, prompts, signal) : undefined;
    await this.#idle();
    if (this.#disposed) {
      scores?.dispose();
      throw notReady('detect', 'a detector', 'prepare and setPrompts');
    }
    this.#scores?.dispose();
    this.#scores = scores;
  }

  #failure(cause: unknown): unknown {
    if (cause instanceof VitreousError) return cause;
    if (this.#disposed) return notReady('detect', 'a detector', 'prepare and setPrompts');
    return new VitreousError({
      code: this.#lost ? 'device-lost' : 'detect-failed',
      stage: 'detect',
      found: String(cause),
      expected: 'the results of a look',
      fix: this.#lost ? 'Detection starts again with the next device.' : 'The next look may succeed; playback goes on.',
      cause,
    });
  }
}

/** Puts rows of a smaller matrix in the places of a larger one. */
function replaceRows(target: Float32Array, rows: Float32Array, places: readonly number[], width: number): void {
  for (const [i, place] of places.entries()) target.set(rows.subarray(i * width, (i + 1) * width), place * width);
}
