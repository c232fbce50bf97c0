import { VitreousError } from '../../../core/errors.js';
import type { Size } from '../../../core/geometry.js';
import type { Detection, Detector, DetectorResult, PromptAnswer } from '../../../detect/detector.js';

/** A detector that answers when the test says so. Prompts that begin with `?` are unknown to it. */
export class ScriptedDetector implements Detector {
  answers: readonly PromptAnswer[] = [];
  readonly calls: string[] = [];
  readonly #waiting: {
    readonly resolve: (result: DetectorResult) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  disposed = false;

  /** Looks under way. */
  get looking(): number {
    return this.#waiting.length;
  }

  async prepare({ width, height }: Size): Promise<void> {
    this.calls.push(`prepare ${width}x${height}`);
  }

  async setPrompts(prompts: readonly string[]): Promise<readonly PromptAnswer[]> {
    this.calls.push(`prompts ${prompts.join()}`);
    const unknown = prompts.find((prompt) => prompt.startsWith('?'));
    if (unknown !== undefined)
      throw new VitreousError({ code: 'prompt-unknown', stage: 'detect', found: unknown, expected: 'a name', fix: '' });
    this.answers = prompts.map((prompt) => ({
      prompt,
      matchedAs: prompt,
      kind: 'exact',
      confidence: 1,
      colour: undefined,
    }));
    return this.answers;
  }

  detect(): Promise<DetectorResult> {
    this.calls.push('look');
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  answer(...detections: readonly Detection[]): void {
    this.#waiting.shift()?.resolve({ detections });
  }

  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }

  heatMap(): undefined {}

  dispose(): void {
    this.disposed = true;
  }
}
