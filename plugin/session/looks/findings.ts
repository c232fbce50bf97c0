import type { Highlights } from '../../compose/highlights.js';
import type { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { PromptAnswer } from '../../detect/detector.js';
import { type TrackedBox, Tracker } from '../../track/tracker.js';
import type { DetectStats, TrackedDetection } from '../api/detections.js';
import type { Settings } from '../api/validate.js';
import { DetectionLog } from './detection-log.js';
import type { AnyDetector, OpenDetector } from './detector-link.js';
import { Highlighting } from './highlighting.js';
import { type Look, type LookedFrame, LookLoop } from './look-loop.js';
import { Speaker } from './speaker.js';

/** What findings tell, as plain data. */
export interface FindingsEvents {
  /** What a look at the frame of a time found, boxes in pixels of a frame of that size. */
  readonly onDetections: (timestampUs: number, detections: readonly TrackedDetection[], size: Size) => void;
  readonly onAnswers: (answers: readonly PromptAnswer[]) => void;
  /** Something beside the picture cannot be had; the picture goes on. `prompt`: the error is about that one alone. */
  readonly onStageFailure: (error: VitreousError, prompt: string | undefined) => void;
  /** For screen readers. `''`: there will be something to say; `undefined`: there won't be any more. */
  readonly onSpeech: (text: string | undefined) => void;
}

export interface FindingsParts {
  readonly open: OpenDetector;
  readonly events: FindingsEvents;
  /** Takes over the heat maps of a look, one a prompt. */
  readonly takeHeat: (maps: readonly (GPUTexture | undefined)[]) => void;
  /** The current frame is wanted once more. */
  readonly refresh: () => void;
  /** What is drawn has changed. */
  readonly redraw: () => void;
}

/** All that prompts lead to: looks, tracks, events, the log, highlights and what screen readers are told. */
export class Findings {
  readonly #parts: FindingsParts;
  readonly #looks: LookLoop;
  readonly #highlighting = new Highlighting();
  readonly #speaker = new Speaker();
  readonly #log = new DetectionLog();
  #tracker = new Tracker();
  #scoreThreshold: number | undefined;
  #maxResults = 0;
  #size: Size | undefined;
  /** Cuts up to the last look. */
  #cuts: number | undefined;
  #answers: readonly PromptAnswer[] = [];
  #speaking: ReturnType<typeof setTimeout> | undefined;
  #early: { readonly error: VitreousError; readonly prompt: string | undefined }[] | undefined = [];

  constructor(parts: FindingsParts) {
    this.#parts = parts;
    this.#looks = new LookLoop(parts.open, {
      onLook: (look) => this.#onLook(look),
      onAnswers: (answers) => this.#onAnswers(answers),
      onFailure: (error, prompt) => this.fail(error, prompt),
      onBreak: () => this.#tracker.reset(),
      onWant: parts.refresh,
    });
  }

  /** Detection is on: frames must be drawn even where there is nothing to upscale. */
  get on(): boolean {
    return this.#looks.settings !== undefined;
  }

  /** How the prompts were understood. */
  get answers(): readonly PromptAnswer[] {
    return this.#answers;
  }

  get stats(): DetectStats | undefined {
    if (!this.on) return undefined;
    const { state, looks, answerMs, rateHz } = this.#looks;
    return { state, looks, answerMs, rateHz, tracks: this.#tracker.size };
  }

  /** GPU memory of the detector. */
  get sizeBytes(): number {
    return this.#looks.sizeBytes;
  }

  configure({ detect, highlight }: Settings): void {
    const settings = detect || undefined;
    this.#highlighting.configure(settings && highlight ? highlight : undefined, settings?.prompts ?? []);
    if (settings) {
      this.#maxResults = settings.maxResults;
      if (settings.scoreThreshold !== this.#scoreThreshold) {
        this.#scoreThreshold = settings.scoreThreshold;
        this.#tracker.setThreshold(settings.scoreThreshold);
      }
      this.#tracker.keep(settings.prompts);
      this.#parts.events.onSpeech('');
    } else if (this.on) {
      this.#tracker.reset();
      this.#answers = [];
      this.#speaker.reset();
      clearTimeout(this.#speaking);
      this.#parts.events.onSpeech(undefined);
    }
    this.#looks.configure(settings);
  }

  frame(frame: LookedFrame): void {
    this.#looks.frame(frame);
  }

  late(frame: Pick<LookedFrame, 'timestampUs' | 'moved'>): void {
    this.#looks.late(frame);
  }

  /** What is drawn over the frame of a time. */
  highlights(timestampUs: number): Highlights | undefined {
    if (!this.#highlighting.on) return undefined;
    return this.#highlighting.draw(this.#boxes(timestampUs), this.#size ?? { width: 1, height: 1 }, this.#cuts);
  }

  #boxes(timestampUs: number): readonly TrackedBox[] {
    return this.#tracker.at(timestampUs).slice(0, this.#maxResults);
  }

  #onLook({ timestampUs, size, found, detector, cuts }: Look): void {
    this.#size = size;
    if (cuts !== this.#cuts) this.#tracker.reset();
    this.#cuts = cuts;
    this.#tracker.update(timestampUs, found);
    const detections = this.#boxes(timestampUs)
      .filter(({ missed }) => missed === 0)
      .map(({ prompt, score, box, trackId }): TrackedDetection => ({ prompt, score, box, trackId }));
    if (this.#highlighting.on) this.#parts.takeHeat(this.#heatMaps(detector));
    this.#log.add({ timestampUs, size, detections });
    this.#speak(detections.map(({ prompt }) => prompt));
    this.#parts.redraw();
    this.#parts.events.onDetections(timestampUs, detections, size);
  }

  /** Now, or when it has stayed so for long enough. */
  #speak(prompts: readonly string[]): void {
    clearTimeout(this.#speaking);
    const nowMs = performance.now();
    const said = this.#speaker.see(prompts, nowMs);
    if (said !== undefined) this.#parts.events.onSpeech(said);
    const { dueMs } = this.#speaker;
    if (dueMs !== undefined) this.#speaking = setTimeout(() => this.#speak(prompts), Math.ceil(dueMs - nowMs) + 1);
  }

  /** One a prompt; undefined for those that were not understood. */
  #heatMaps(detector: AnyDetector): readonly (GPUTexture | undefined)[] {
    return (this.#looks.settings?.prompts ?? []).map((prompt) => {
      const index = detector.answers.findIndex((answer) => answer.prompt === prompt);
      return index < 0 ? undefined : detector.heatMap(index);
    });
  }

  #onAnswers(answers: readonly PromptAnswer[]): void {
    this.#answers = answers;
    this.#parts.events.onAnswers(answers);
  }

  /** WebGPU complained outside of any scope. Returns whether that was about a look, which counts as failed then. */
  complained(error: VitreousError): boolean {
    return this.#looks.complained(error);
  }

  /** Something of it cannot be had; the picture goes on. */
  fail(error: VitreousError, prompt?: string): void {
    if (this.#early) this.#early.push({ error, prompt });
    else this.#parts.events.onStageFailure(error, prompt);
  }

  /** The page holds the session from now on: what has failed so far is told in a later task, when it can listen. */
  releaseEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    setTimeout(() => {
      for (const { error, prompt } of early)
        if (this.on || error.stage !== 'detect') this.#parts.events.onStageFailure(error, prompt);
    });
  }

  toVtt(): string {
    return this.#log.toVtt();
  }

  /** Another source: nothing of the former one counts. */
  newSource(): void {
    this.#looks.break();
    this.#log.clear();
  }

  /** The device is gone. */
  disconnect(): void {
    this.#looks.disconnect();
  }

  dispose(): void {
    this.#looks.configure(undefined);
    clearTimeout(this.#speaking);
    this.#parts.events.onSpeech(undefined);
  }
}
