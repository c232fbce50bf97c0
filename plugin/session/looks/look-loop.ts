import type { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { Detection, PromptAnswer } from '../../detect/detector.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { DetectSettings } from '../api/validate-detect.js';
import { longestStepUs } from '../pace/continuity.js';
import { DeviceShare, type ShareMember } from '../pace/device-share.js';
import { LookPace } from '../pace/look-pace.js';
import { type AnyDetector, DetectorLink, detectError, type OpenDetector } from './detector-link.js';

/** Without a frame for so long the video stands still: the frame for a look must be asked for. */
const stillMs = 300;
/** Looks that may fail in a row. */
const mostFailures = 3;
/** With these begin the labels of what a look encodes, and of all that is ours; WebGPU's messages name them. */
const [lookLabel, ourLabel] = ['vitreous/detect.', 'vitreous/'];

/** What a look found. */
export interface Look {
  readonly timestampUs: number;
  readonly size: Size;
  /** Best first. */
  readonly found: readonly Detection[];
  readonly detector: AnyDetector;
  /** Cuts up to the frame, where they are counted. */
  readonly cuts: number | undefined;
}

export interface LookLoopEvents {
  readonly onLook: (look: Look) => void;
  readonly onAnswers: (answers: readonly PromptAnswer[]) => void;
  readonly onFailure: (error: VitreousError, prompt?: string) => void;
  /** The frames are no longer those that went on from the last look. */
  readonly onBreak: () => void;
  /** A look is due and no frame comes: the current one is wanted once more. */
  readonly onWant: () => void;
}

/** A frame that can be looked at. */
export interface LookedFrame {
  /** Undefined: there is no WebGPU. */
  readonly gpu: GpuDevice | undefined;
  /** On the device, where it holds the frame until another frame is submitted; else the frame itself, open in this task. */
  readonly image: GPUTexture | VideoFrame;
  readonly size: Size;
  readonly timestampUs: number;
  /** Whether the playing position was moved since the frame before; undefined where nobody knows. */
  readonly moved?: boolean | undefined;
  /** Reads the number of cuts up to it. */
  readonly readCuts?: (() => Promise<number>) | undefined;
}

/**
 * Looks at frames beside the display: one look at a time, as often as wanted and as the GPU allows; a frame that stands still is looked
 * at once, and again when the prompts have changed. Nothing of the display waits for it.
 */
export class LookLoop {
  readonly #events: LookLoopEvents;
  readonly #link: DetectorLink;
  readonly #pace = new LookPace();
  #settings: DetectSettings | undefined;
  /** Counts up when answers under way say nothing any more. */
  #epoch = 0;
  #last: { readonly timestampUs: number; readonly atMs: number } | undefined;
  #lookedUs: number | undefined;
  #looking = false;
  #failures = 0;
  /** In a row before the last answer, while that is not doubted. */
  #failuresBefore: number | undefined;
  /** Of WebGPU about the look under way. */
  #complaint: VitreousError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #share: { readonly of: DeviceShare; readonly member: ShareMember } | undefined;
  looks = 0;

  constructor(open: OpenDetector, events: LookLoopEvents) {
    this.#events = events;
    this.#link = new DetectorLink(open, {
      onReady: () => {
        this.#pace.forget();
        events.onWant();
      },
      onAnswers: events.onAnswers,
      onFailure: events.onFailure,
    });
  }

  /** Undefined: off. */
  get settings(): DetectSettings | undefined {
    return this.#settings;
  }

  get state(): 'loading' | 'running' | 'failed' {
    if (this.#link.failed || this.#failures >= mostFailures) return 'failed';
    return this.looks > 0 ? 'running' : 'loading';
  }

  get answerMs(): number | undefined {
    return this.#pace.answerMs;
  }

  get rateHz(): number {
    return this.#settings ? 1000 / this.#pace.intervalMs(this.#settings.rateHz) : 0;
  }

  /** GPU memory of the detector. */
  get sizeBytes(): number {
    return this.#link.sizeBytes;
  }

  /** The same object: nothing has changed. */
  configure(settings: DetectSettings | undefined): void {
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#epoch++;
    this.#lookedUs = undefined;
    this.#failures = 0;
    if (settings) {
      this.#pace.forget();
      this.#events.onWant();
    } else {
      this.looks = 0;
      this.disconnect();
    }
  }

  /** A frame is on its way to the screen: may be looked at, in this task. */
  frame(frame: LookedFrame): void {
    const settings = this.#settings;
    if (!settings) return;
    const { timestampUs, moved } = frame;
    const nowMs = performance.now();
    const still = this.#last?.timestampUs === timestampUs;
    const stepUs = this.#passed(timestampUs, moved, nowMs);
    this.#pace.sharers = this.#sharers(frame.gpu, nowMs, Math.abs(stepUs) / 1000);
    const detector = this.#link.request(frame.gpu, frame.size, settings);
    if (!detector || this.#looking || this.#lookedUs === timestampUs || this.#failures >= mostFailures) return;
    // Nothing else wants the GPU while the video stands still.
    const waitMs = still ? 0 : this.#pace.waitMs(nowMs, settings.rateHz);
    if (waitMs > 0) this.#later();
    else this.#look(detector, frame);
  }

  /** How many sessions look at frames on this device now. */
  #sharers(gpu: GpuDevice | undefined, nowMs: number, stepMs: number): number {
    const of = DeviceShare.of(gpu?.device, 'looks');
    if (this.#share?.of !== of) {
      this.#share?.member.leave();
      this.#share = { of, member: of.join() };
    }
    this.#share.member.frame(nowMs, stepMs);
    return this.#share.member.count(nowMs);
  }

  /** Microseconds since the frame before. A long step is no seek where the source says so: a look that fills the GPU holds up all frames. */
  #passed(timestampUs: number, moved: boolean | undefined, nowMs: number): number {
    const stepUs = this.#last ? timestampUs - this.#last.timestampUs : 0;
    this.#last = { timestampUs, atMs: nowMs };
    if (stepUs < 0 || (stepUs > longestStepUs && moved !== false)) this.break();
    return stepUs;
  }

  /** A frame was dropped because the GPU is behind. */
  late({ timestampUs, moved }: Pick<LookedFrame, 'timestampUs' | 'moved'>): void {
    if (this.#looking) this.#pace.late();
    if (this.#settings) this.#passed(timestampUs, moved, performance.now());
  }

  /** WebGPU complained. Returns whether about a look: the one under way has failed then. */
  complained(error: VitreousError): boolean {
    const { found } = error;
    // What is not ours at all may be a detector's that the caller brought along.
    if (!(found.includes(lookLabel) || (this.#looking && !found.includes(ourLabel)))) return false;
    if (this.#looking) this.#complaint = error;
    else this.#doubt(error);
    return true;
  }

  /** A complaint that comes after the answer: the look has failed all the same. One bad look is several complaints. */
  #doubt(error: VitreousError): void {
    if (this.#failuresBefore === undefined) return;
    this.#failures = this.#failuresBefore;
    this.#failuresBefore = undefined;
    this.#failed(error);
    this.#later();
  }

  /** A cut or a seek: an answer under way is no longer wanted. */
  break(): void {
    this.#epoch++;
    this.#lookedUs = undefined;
    this.#events.onBreak();
  }

  #look(detector: AnyDetector, { image, size, timestampUs, readCuts }: LookedFrame): void {
    const epoch = this.#epoch;
    this.#looking = true;
    this.#complaint = undefined;
    this.#failuresBefore = undefined;
    this.#lookedUs = timestampUs;
    this.#pace.began(performance.now());
    const look = Promise.all([detector.detect(image), readCuts?.()]).then(
      ([{ detections }, cuts]) => {
        this.#pace.answered(performance.now());
        if (this.#complaint) {
          if (epoch === this.#epoch) this.#failed(this.#complaint);
          return;
        }
        if (epoch === this.#epoch) this.#failuresBefore = this.#failures;
        this.#failures = 0;
        if (epoch !== this.#epoch) return;
        this.looks++;
        this.#events.onLook({ timestampUs, size, found: detections, detector, cuts });
      },
      (thrown) => {
        if (epoch === this.#epoch) this.#failed(thrown);
      },
    );
    const ended = look.finally(() => {
      this.#looking = false;
      if (this.#settings && this.#last && this.#lookedUs !== this.#last.timestampUs) this.#later();
    });
    this.#link.occupy(ended);
  }

  #failed(thrown: unknown): void {
    const error = detectError(thrown);
    if (error.code === 'device-lost') return;
    this.#lookedUs = undefined;
    this.#failures++;
    if (this.#failures === mostFailures) this.#events.onFailure(error);
  }

  /** Asks for the current frame once none comes by itself any more. */
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#last) return;
      if (performance.now() - this.#last.atMs >= stillMs) this.#events.onWant();
      else if (this.#lookedUs !== this.#last.timestampUs) this.#later();
    }, stillMs);
  }

  /** The device is gone, or detection is off. Comes back with the next frame where it is on. */
  disconnect(): void {
    this.#epoch++;
    this.#lookedUs = undefined;
    this.#last = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#share?.member.leave();
    this.#share = undefined;
    this.#link.close();
  }
}
