import type { Rect } from '../core/geometry.js';
import { BoxMotion } from './motion.js';

/** A box a detector found, and what for. */
export interface Observation {
  readonly prompt: string;
  /** 0 to 1. */
  readonly score: number;
  /** Pixels of the frame. */
  readonly box: Rect;
}

/** An unsure box counts as measured so much less exactly. */
const unsureDoubt = 2;
/** Steps at most when a gap is gone through again. */
const mostSteps = 16;

/** One thing followed from look to look. */
export class Track {
  readonly id: number;
  readonly prompt: string;
  /** Of the last observation. */
  score: number;
  /** As last observed, pixels. */
  observed: Rect;
  observedUs: number;
  /** Looks in a row that did not see it. */
  missed = 0;
  /** Seen often or clearly enough to be believed. */
  confirmed: boolean;
  #motion: BoxMotion;
  /** The time of the motion. */
  #timeUs: number;
  /** Motion as it was at the last observation: what a gap is gone through again from. */
  #atObserved: BoxMotion | undefined;

  constructor(id: number, timeUs: number, { prompt, score, box }: Observation, confirmed: boolean) {
    this.id = id;
    this.prompt = prompt;
    this.score = score;
    this.observed = box;
    this.observedUs = timeUs;
    this.confirmed = confirmed;
    this.#motion = BoxMotion.at(box);
    this.#timeUs = timeUs;
  }

  /** Where it is at a time, by its motion. */
  at(timeUs: number): Rect {
    return this.#motion.ahead((timeUs - this.#timeUs) / 1e6);
  }

  /** A look at this time did not see it. */
  miss(timeUs: number): void {
    if (this.missed === 0) this.#atObserved = this.#motion.copy();
    this.missed++;
    this.#advance(timeUs);
  }

  /** `unsure`: a box of low score, which also says less of the score of the thing. */
  see(timeUs: number, { score, box }: Observation, unsure: boolean): void {
    if (this.#atObserved) this.#throughGap(this.#atObserved, timeUs, box);
    else this.#advance(timeUs);
    this.#motion.correct(box, unsure ? unsureDoubt : 1);
    this.#atObserved = undefined;
    this.missed = 0;
    this.score = score;
    this.observed = box;
    this.observedUs = timeUs;
    if (!unsure) this.confirmed = true;
  }

  /**
   * Seen again after a gap, its motion is followed anew as if it had moved straight from where it was last seen: what was only
   * predicted has let the speed drift (observation-centric re-update, Cao et al. 2023, OC-SORT §3.2).
   */
  #throughGap(motion: BoxMotion, timeUs: number, box: Rect): void {
    const seconds = (timeUs - this.observedUs) / 1e6;
    const steps = Math.min(mostSteps, this.missed + 1);
    for (let step = 1; step < steps; step++) {
      motion.predict(seconds / steps);
      motion.correct(between(this.observed, box, step / steps));
    }
    motion.predict(seconds / steps);
    this.#motion = motion;
    this.#timeUs = timeUs;
  }

  #advance(timeUs: number): void {
    this.#motion.predict((timeUs - this.#timeUs) / 1e6);
    this.#timeUs = timeUs;
  }
}

function between(a: Rect, b: Rect, t: number): Rect {
  const mix = (from: number, to: number) => from + (to - from) * t;
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), width: mix(a.width, b.width), height: mix(a.height, b.height) };
}
