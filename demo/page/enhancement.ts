import {
  type Enhanced,
  type EnhancedStats,
  type EnhanceSettings,
  type ErrorCode,
  enhance,
  type ProgressEvent,
  type Tier,
  VitreousError,
} from '../../plugin/index.js';
import type { Wanted } from './finder.js';
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

const onSoftware = ' This is a software GPU: a real one is faster, and runs finer networks.';

function network(tier: EnhancedStats['tier']): string {
  return tier === 'custom' ? 'a network of its own' : `network ${tier}`;
}

/** The page's one enhancement: holds what the viewer wants, and keeps trying to make it so. */
export class Enhancement {
  readonly #video: HTMLVideoElement;
  readonly #onReport: (report: Report) => void;
  readonly #onFrame: (canvas: HTMLCanvasElement) => void;
  readonly #onAdopt: (enhanced: Enhanced) => void;
  #enhanced: Enhanced | undefined;
  #starting: AbortController | undefined;
  /** Settles when the last start has ended: a video takes one enhancement at a time. */
  #ended: Promise<void> = Promise.resolve();
  #choice: TierChoice = 'auto';
  #compare: number | false = false;
  #strength = 1;
  #force = false;
  /** There is only a software GPU. */
  #software = false;
  #debug = false;
  #wanted: Wanted = { prompts: [], style: 'outline' };

  constructor(
    video: HTMLVideoElement,
    on: {
      report: (report: Report) => void;
      frame: (canvas: HTMLCanvasElement) => void;
      /** A new enhancement: listen to it. */
      adopt: (enhanced: Enhanced) => void;
    },
  ) {
    this.#video = video;
    this.#onReport = on.report;
    this.#onFrame = on.frame;
    this.#onAdopt = on.adopt;
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

  /** Figures over the picture. */
  set debug(debug: boolean) {
    this.#debug = debug;
    this.#enhanced?.set({ debug });
  }

  /** What to look for, and how to show it. */
  set wanted(wanted: Wanted) {
    this.#wanted = wanted;
    this.apply();
  }

  /** What the viewer has chosen. Without a network there can still be something to look for. */
  get #settings(): EnhanceSettings {
    const { prompts, style } = this.#wanted;
    const choice = this.#choice;
    return {
      upscale: choice === 'off' ? false : { quality: choice, force: this.#force, strength: this.#strength },
      compare: this.#compare,
      // A little above the default: of what this page boxes most is what was looked for.
      detect: prompts.length > 0 && { prompts, scoreThreshold: 0.4 },
      highlight: { style },
      debug: this.#debug,
    };
  }

  /** Enhance on a software adapter too. */
  force(choice: TierChoice): void {
    this.#force = true;
    this.choice = choice;
  }

  /** Not on a software adapter any more: it is too slow. */
  unforce(choice: TierChoice): void {
    this.#force = false;
    this.#starting?.abort();
    this.#starting = undefined;
    this.#enhanced?.dispose();
    this.#enhanced = undefined;
    this.choice = choice;
  }

  apply(): void {
    if (this.#choice === 'off' && this.#wanted.prompts.length === 0) {
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
    this.#enhanced.set(this.#settings);
    this.#enhanced.enabled = true;
    this.#report();
  }

  async #start(starting: AbortController): Promise<void> {
    const { signal } = starting;
    if (signal.aborted) return;
    this.#onReport({ tone: 'busy', text: 'Asking for a GPU…' });
    try {
      const enhanced = await enhance(this.#video, {
        ...this.#settings,
        signal,
        onProgress: (progress) => this.#onProgress(progress),
      });
      this.#adopt(enhanced);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof VitreousError)) throw thrown;
      this.#software = thrown.code === 'software-adapter';
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
    this.#onAdopt(enhanced);
    // What the viewer chose while it was starting.
    enhanced.set(this.#settings);
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
    if (state === 'running')
      this.#onReport({
        tone: 'good',
        text:
          stats.tier === 'none'
            ? 'Drawn as it is, no network.'
            : `Enhanced live by ${network(stats.tier)}.${this.#software ? onSoftware : ''}`,
      });
    else if (state === 'starting') this.#onReport({ tone: 'busy', text: 'Waiting for a frame…' });
    else if (state === 'off') this.#onReport({ tone: 'calm', text: 'Off. This is the video as the browser shows it.' });
    else if (why) this.#onReport({ tone: 'warn', text: messageFor(why), code: why.code });
  }
}
