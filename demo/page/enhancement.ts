import {
  type Enhanced,
  type EnhancedStats,
  type ErrorCode,
  enhance,
  type ProgressEvent,
  type Tier,
  VitreousError,
} from '../../plugin/index.js';
import { messageFor } from './messages.js';

export type TierChoice = 'auto' | Tier | 'off';

/** What the page says about how it stands. */
export interface Report {
  readonly tone: 'calm' | 'busy' | 'good' | 'warn';
  readonly text: string;
  readonly code?: ErrorCode;
  /** Only a software adapter is there: the viewer may insist. */
  readonly offerForce?: boolean;
}

function network(tier: EnhancedStats['tier']): string {
  if (tier === 'none') return 'no network';
  return tier === 'custom' ? 'a network of its own' : `network ${tier}`;
}

/** The page's one enhancement: holds what the viewer wants, and keeps trying to make it so. */
export class Enhancement {
  readonly #video: HTMLVideoElement;
  readonly #onReport: (report: Report) => void;
  readonly #onFrame: (canvas: HTMLCanvasElement) => void;
  #enhanced: Enhanced | undefined;
  #starting: AbortController | undefined;
  /** Settles when the last start has ended: a video takes one enhancement at a time. */
  #ended: Promise<void> = Promise.resolve();
  #choice: TierChoice = 'auto';
  #compare: number | false = false;
  #strength = 1;
  #force = false;

  constructor(
    video: HTMLVideoElement,
    on: { report: (report: Report) => void; frame: (canvas: HTMLCanvasElement) => void },
  ) {
    this.#video = video;
    this.#onReport = on.report;
    this.#onFrame = on.frame;
    // A source that could not be played ended the start; the next one gets its own chance.
    video.addEventListener('loadeddata', () => {
      if (!this.#starting && (!this.#enhanced || this.#enhanced.state === 'failed')) this.apply();
    });
  }

  get current(): Enhanced | undefined {
    return this.#enhanced;
  }

  set choice(choice: TierChoice) {
    this.#choice = choice;
    this.apply();
  }

  set compare(compare: number | false) {
    this.#compare = compare;
    this.#enhanced?.set({ compare });
  }

  /** How much of the network's work is seen, 0 to 1. */
  set strength(strength: number) {
    this.#strength = strength;
    this.#enhanced?.set({ upscale: { strength } });
  }

  /** Enhance on a software adapter too. */
  force(choice: TierChoice): void {
    this.#force = true;
    this.choice = choice;
  }

  apply(): void {
    if (this.#choice === 'off') {
      this.#starting?.abort();
      this.#starting = undefined;
      if (this.#enhanced) this.#enhanced.enabled = false;
      this.#onReport({ tone: 'calm', text: 'Off. This is the video as the browser shows it.' });
      return;
    }
    if (this.#enhanced?.state === 'failed') {
      this.#enhanced.dispose();
      this.#enhanced = undefined;
    }
    if (!this.#enhanced) {
      this.#starting?.abort();
      const starting = new AbortController();
      this.#starting = starting;
      // A start that broke unexpectedly is on the console; the next one gets its own chance.
      this.#ended = this.#ended.catch(() => {}).then(() => this.#start(starting));
      return;
    }
    this.#enhanced.set({
      upscale: { quality: this.#choice, force: this.#force, strength: this.#strength },
      compare: this.#compare,
    });
    this.#enhanced.enabled = true;
    this.#report();
  }

  async #start(starting: AbortController): Promise<void> {
    const { signal } = starting;
    if (signal.aborted) return;
    const quality = this.#choice === 'off' ? 'auto' : this.#choice;
    this.#onReport({ tone: 'busy', text: 'Asking for a GPU…' });
    try {
      const enhanced = await enhance(this.#video, {
        upscale: { quality, force: this.#force, strength: this.#strength },
        compare: this.#compare,
        signal,
        onProgress: (progress) => this.#onProgress(progress),
      });
      this.#adopt(enhanced);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof VitreousError)) throw thrown;
      this.#onReport({
        tone: 'warn',
        text: messageFor(thrown),
        code: thrown.code,
        offerForce: thrown.code === 'software-adapter',
      });
    } finally {
      if (this.#starting === starting) this.#starting = undefined;
    }
  }

  #adopt(enhanced: Enhanced): void {
    this.#enhanced = enhanced;
    for (const type of ['statechange', 'fallback', 'tier'] as const)
      enhanced.addEventListener(type, () => this.#report());
    enhanced.addEventListener('frame', () => this.#onFrame(enhanced.canvas));
    // What the viewer chose while it was starting.
    enhanced.set({ upscale: { strength: this.#strength }, compare: this.#compare });
    this.#report();
  }

  #onProgress({ phase, loadedBytes, totalBytes }: ProgressEvent): void {
    if (this.#enhanced?.state === 'running') return;
    const text =
      phase === 'weights'
        ? `Loading the network, ${Math.round(loadedBytes / 1000)} of ${Math.round(totalBytes / 1000)} kB…`
        : 'Compiling for this GPU…';
    this.#onReport({ tone: 'busy', text });
  }

  #report(): void {
    const enhanced = this.#enhanced;
    if (!enhanced) return;
    const { state, why, stats } = enhanced;
    if (state === 'running') this.#onReport({ tone: 'good', text: `Enhanced live by ${network(stats.tier)}.` });
    else if (state === 'starting') this.#onReport({ tone: 'busy', text: 'Waiting for a frame…' });
    else if (state === 'off') this.#onReport({ tone: 'calm', text: 'Off. This is the video as the browser shows it.' });
    else if (why) this.#onReport({ tone: 'warn', text: messageFor(why), code: why.code });
  }
}
