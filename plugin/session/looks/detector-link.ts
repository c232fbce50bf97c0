import { asVitreousError, VitreousError } from '../../core/errors.js';
import { type Size, sameSize } from '../../core/geometry.js';
import type { Detector, PromptAnswer } from '../../detect/detector.js';
import type { GpuDevice } from '../../gpu/device.js';
import { type DetectSettings, sameModel } from '../api/validate-detect.js';

/** A detector on a device takes textures of it, one without a device takes the frames themselves. */
export type AnyDetector = Detector<GPUTexture | VideoFrame>;

/** Opens a detector on a device; undefined: there is none. @throws VitreousError; the signal's reason. */
export type OpenDetector = (
  settings: DetectSettings,
  gpu: GpuDevice | undefined,
  signal: AbortSignal,
) => Promise<AnyDetector>;

export interface DetectorLinkEvents {
  /** What was asked for last stands ready. */
  readonly onReady: () => void;
  readonly onAnswers: (answers: readonly PromptAnswer[]) => void;
  /** `prompt`: the error is about that one alone. */
  readonly onFailure: (error: VitreousError, prompt?: string) => void;
}

/** What the detector stands ready for. */
interface Ready {
  readonly gpu: GpuDevice | undefined;
  readonly detector: AnyDetector;
  readonly settings: DetectSettings;
  size: Size | undefined;
  prompts: readonly string[] | undefined;
}

/** What was asked for. */
interface Wanted {
  readonly gpu: GpuDevice | undefined;
  readonly size: Size;
  readonly settings: DetectSettings;
}

const sameDetector = (a: DetectSettings, b: DetectSettings): boolean =>
  sameModel(a.model, b.model) && a.secondLook === b.secondLook;

const sameWanted = (a: Wanted, b: Wanted): boolean =>
  a.gpu === b.gpu &&
  sameSize(a.size, b.size) &&
  sameDetector(a.settings, b.settings) &&
  a.settings.prompts === b.settings.prompts;

/** Gets a detector ready for device, frame size and prompts, one step at a time, and keeps what stays the same. */
export class DetectorLink {
  readonly #open: OpenDetector;
  readonly #events: DetectorLinkEvents;
  #ready: Ready | undefined;
  #work: AbortController | undefined;
  /** What could not be had: not tried again until something changes. */
  #failed: Wanted | undefined;
  /** Work of the detector that must end before its size changes. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(open: OpenDetector, events: DetectorLinkEvents) {
    this.#open = open;
    this.#events = events;
  }

  get failed(): boolean {
    return this.#failed !== undefined;
  }

  /** GPU memory of the detector, where it says. */
  get sizeBytes(): number {
    return this.#ready?.detector.sizeBytes ?? 0;
  }

  /** The detector where it is ready for all of this; else begins to get it ready. */
  request(gpu: GpuDevice | undefined, size: Size, settings: DetectSettings): AnyDetector | undefined {
    const wanted = { gpu, size, settings };
    if (this.#failed && sameWanted(this.#failed, wanted)) return undefined;
    const ready = this.#ready;
    if (
      ready &&
      ready.gpu === gpu &&
      sameDetector(ready.settings, settings) &&
      sameSize(ready.size, size) &&
      ready.prompts === settings.prompts
    )
      return this.#work || ready.detector.answers.length === 0 ? undefined : ready.detector;
    if (!this.#work) this.#start(wanted);
    return undefined;
  }

  /** Tells of a look under way. */
  occupy(look: Promise<unknown>): void {
    this.#busy = look;
  }

  #start(wanted: Wanted): void {
    const work = new AbortController();
    this.#work = work;
    this.#prepare(wanted, work.signal).then(
      () => {
        if (this.#work !== work) return;
        this.#work = undefined;
        this.#failed = undefined;
        this.#events.onReady();
      },
      (thrown) => {
        if (this.#work !== work) return;
        this.#work = undefined;
        const error = detectError(thrown);
        // The session sees the loss itself and comes back with another device.
        if (error.code === 'device-lost') return;
        this.#failed = wanted;
        this.#events.onFailure(error);
      },
    );
  }

  async #prepare({ gpu, size, settings }: Wanted, signal: AbortSignal): Promise<void> {
    await this.#busy;
    const ready = await this.#opened(gpu, settings, signal);
    if (!sameSize(ready.size, size)) {
      await ready.detector.prepare(size, signal);
      signal.throwIfAborted();
      ready.size = size;
    }
    if (ready.prompts !== settings.prompts) {
      await this.#understand(ready.detector, settings.prompts, signal);
      signal.throwIfAborted();
      ready.prompts = settings.prompts;
    }
  }

  async #opened(gpu: GpuDevice | undefined, settings: DetectSettings, signal: AbortSignal): Promise<Ready> {
    if (this.#ready && this.#ready.gpu === gpu && sameDetector(this.#ready.settings, settings)) return this.#ready;
    this.#ready?.detector.dispose();
    this.#ready = undefined;
    const detector = await this.#open(settings, gpu, signal);
    if (signal.aborted) {
      detector.dispose();
      signal.throwIfAborted();
    }
    this.#ready = { gpu, detector, settings, size: undefined, prompts: undefined };
    return this.#ready;
  }

  /** All prompts that can be understood; each of the others is told of. */
  async #understand(detector: AnyDetector, prompts: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      this.#events.onAnswers(await detector.setPrompts(prompts, signal));
    } catch (thrown) {
      if (!aboutPrompt(thrown)) throw thrown;
      await this.#understandSome(detector, prompts, signal);
    }
  }

  async #understandSome(detector: AnyDetector, prompts: readonly string[], signal: AbortSignal): Promise<void> {
    const understood: string[] = [];
    const failures: { readonly prompt: string; readonly error: VitreousError }[] = [];
    for (const prompt of prompts)
      try {
        await detector.setPrompts([prompt], signal);
        understood.push(prompt);
      } catch (thrown) {
        if (!aboutPrompt(thrown)) throw thrown;
        failures.push({ prompt, error: thrown });
      }
    const answers = await detector.setPrompts(understood, signal);
    for (const { prompt, error } of failures) this.#events.onFailure(error, prompt);
    this.#events.onAnswers(answers);
  }

  /** Lets go of everything: off, or the device is gone. */
  close(): void {
    this.#work?.abort();
    this.#work = undefined;
    this.#ready?.detector.dispose();
    this.#ready = undefined;
    this.#failed = undefined;
  }
}

function aboutPrompt(thrown: unknown): thrown is VitreousError {
  return thrown instanceof VitreousError && thrown.code.startsWith('prompt-');
}

/** Whatever a detector threw, with a code. */
export function detectError(thrown: unknown): VitreousError {
  return asVitreousError(thrown, {
    code: 'detect-failed',
    stage: 'detect',
    found: String(thrown),
    expected: 'a look at a frame',
    fix: 'Report this with the adapter info; the picture goes on without detection.',
  });
}
