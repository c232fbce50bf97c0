import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { GpuDevice } from '../gpu/device.js';
import type { EncodedPrompt } from './detector.js';
import type { DetectModel } from './model.js';
import { promptTargets } from './prompt-targets.js';
import type { PromptvitLooks } from './promptvit-looks.js';
import { ScorePass } from './score-pass.js';

/** What scores regions, cells and second looks by one set of prompts. */
export class PromptScores implements DisposableResource {
  readonly prompts: readonly EncodedPrompt[];
  readonly first: ScorePass;
  readonly second: ScorePass | undefined;

  private constructor(prompts: readonly EncodedPrompt[], first: ScorePass, second: ScorePass | undefined) {
    this.prompts = prompts;
    this.first = first;
    this.second = second;
  }

  /** @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-*`; the signal's reason. */
  static async create(
    gpu: GpuDevice,
    model: DetectModel,
    looks: PromptvitLooks,
    prompts: readonly EncodedPrompt[],
    signal?: AbortSignal,
  ): Promise<PromptScores> {
    const { scoring } = model.manifest;
    const { precision } = looks.network.spec;
    const make = (rows: Readonly<Record<string, number>>): Promise<ScorePass> =>
      ScorePass.create(gpu, model, precision, rows, prompts.length, signal);
    const cells = looks.cells.width * looks.cells.height;
    const first = await make({ regions: scoring.regions, drawn: scoring.regions, cells });
    try {
      const second = looks.network.crops ? await make({ looks: scoring.secondLookCount }) : undefined;
      const targets = promptTargets(prompts, model.distractors, model.graphs.embedDim, scoring.related);
      first.setTargets(targets);
      second?.setTargets(targets);
      return new PromptScores(prompts, first, second);
    } catch (thrown) {
      first.dispose();
      throw thrown;
    }
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.first.sizeBytes + (this.second?.sizeBytes ?? 0);
  }

  dispose(): void {
    this.first.dispose();
    this.second?.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
