import { grown, intersectionOverUnion } from '../core/boxes.js';
import type { Rect } from '../core/geometry.js';
import { assign } from './assign.js';
import { withoutDuplicates } from './duplicates.js';
import { type Observation, Track } from './track.js';

export type { Observation } from './track.js';

/** A thing where it is at a time. */
export interface TrackedBox {
  readonly trackId: number;
  readonly prompt: string;
  /** Of the last look that saw it, 0 to 1. */
  readonly score: number;
  /** Pixels of the frame, by its motion; may reach beyond the frame. */
  readonly box: Rect;
  /** Where the last look that saw it saw it. */
  readonly observed: Rect;
  /** Looks in a row that did not see it: 0 for what the last look saw. */
  readonly missed: number;
}

export interface TrackerOptions {
  /** Boxes from this score on begin a track. Default 0.3. */
  readonly scoreThreshold?: number | undefined;
  /** Boxes from this score on keep a track that is there already. Default 0.4 times `scoreThreshold`. */
  readonly lowThreshold?: number | undefined;
  /** A track unseen for longer ends; its id does not come back. Default 1.5; never fewer than three looks. */
  readonly maxLostSeconds?: number | undefined;
}

/** A new box of at least this score is believed at once; others when a second look sees them. */
const sureScore = 0.6;
const leastIou = 0.25;
/** Tracks and boxes are grown by so much for what moves faster than its own size from look to look. */
const reach = 0.5;
const fewestLooks = 3;

/**
 * Follows boxes from look to look and says where they are in between. In the manner of ByteTrack (Zhang et al. 2022): sure boxes are
 * paired with tracks first, unsure ones with the tracks that are left; then, for few looks a second, what is left of the sure ones by
 * larger boxes. Each prompt has tracks of its own; of its boxes that lie on or in one another the best counts.
 *
 * Looks are late: `update` takes the time of the frame that was looked at, `at` predicts from there to the one on screen.
 */
export class Tracker {
  #scoreThreshold: number;
  #lowThreshold: number;
  readonly #maxLostUs: number;
  #tracks: Track[] = [];
  #nextId = 1;
  #lookUs: number | undefined;
  #intervalUs = 0;

  constructor({
    scoreThreshold = 0.3,
    lowThreshold = 0.4 * scoreThreshold,
    maxLostSeconds = 1.5,
  }: TrackerOptions = {}) {
    this.#scoreThreshold = scoreThreshold;
    this.#lowThreshold = lowThreshold;
    this.#maxLostUs = maxLostSeconds * 1e6;
  }

  /** Tracks that are there, lost ones too. */
  get size(): number {
    return this.#tracks.length;
  }

  /** From the next look on; tracks stay. `low` defaults as in the options. */
  setThreshold(scoreThreshold: number, low = 0.4 * scoreThreshold): void {
    this.#scoreThreshold = scoreThreshold;
    this.#lowThreshold = low;
  }

  /** Ends the tracks of other prompts. */
  keep(prompts: readonly string[]): void {
    this.#tracks = this.#tracks.filter(({ prompt }) => prompts.includes(prompt));
  }

  /** Takes what a look at the frame of this time found. A look back in time begins anew, with new ids. */
  update(timestampUs: number, observations: readonly Observation[]): void {
    if (this.#lookUs !== undefined && timestampUs < this.#lookUs) this.reset();
    const first = this.#lookUs === undefined;
    // Half of the old for a smooth figure: the rate adapts.
    if (this.#lookUs !== undefined) {
      const sinceUs = timestampUs - this.#lookUs;
      this.#intervalUs = this.#intervalUs === 0 ? sinceUs : (this.#intervalUs + sinceUs) / 2;
    }
    this.#lookUs = timestampUs;
    const byPrompt = new Map<string, Observation[]>();
    for (const observation of observations) {
      if (!usable(observation) || observation.score < this.#lowThreshold) continue;
      const known = byPrompt.get(observation.prompt);
      if (known) known.push(observation);
      else byPrompt.set(observation.prompt, [observation]);
    }
    const prompts = new Set([...byPrompt.keys(), ...this.#tracks.map(({ prompt }) => prompt)]);
    for (const prompt of prompts)
      this.#updatePrompt(prompt, timestampUs, withoutDuplicates(byPrompt.get(prompt) ?? []), first);
    const longestUs = Math.max(this.#maxLostUs, fewestLooks * this.#intervalUs);
    this.#tracks = this.#tracks.filter(
      ({ confirmed, missed, observedUs }) => missed === 0 || (confirmed && timestampUs - observedUs <= longestUs),
    );
  }

  #updatePrompt(prompt: string, timeUs: number, observations: readonly Observation[], first: boolean): void {
    const tracks = this.#tracks.filter((track) => track.prompt === prompt);
    const places = new Map(tracks.map((track) => [track, track.at(timeUs)]));
    const sure = observations.filter(({ score }) => score >= this.#scoreThreshold);
    const unsure = observations.filter(({ score }) => score < this.#scoreThreshold);
    const pair = (free: readonly Track[], boxes: readonly Observation[], by: number, low: boolean) => {
      const columns = assign(free.map((track) => boxes.map(({ box }) => cost(places.get(track) ?? box, box, by))));
      for (const [row, track] of free.entries()) {
        const seen = boxes[columns[row] ?? -1];
        if (seen) track.see(timeUs, seen, low);
      }
      const taken = new Set(columns);
      return {
        tracks: free.filter((_, row) => (columns[row] ?? -1) < 0),
        boxes: boxes.filter((_, column) => !taken.has(column)),
      };
    };
    const afterSure = pair(tracks, sure, 0, false);
    const afterUnsure = pair(afterSure.tracks, unsure, 0, true);
    const left = pair(afterUnsure.tracks, afterSure.boxes, reach, false);
    for (const track of left.tracks) track.miss(timeUs);
    for (const observation of left.boxes)
      this.#tracks.push(new Track(this.#nextId++, timeUs, observation, first || observation.score >= sureScore));
  }

  /** Where the believed things are at a time, surest first; lost ones too, which `missed` tells. */
  at(timestampUs: number): readonly TrackedBox[] {
    return this.#tracks
      .filter(({ confirmed }) => confirmed)
      .map((track) => ({
        trackId: track.id,
        prompt: track.prompt,
        score: track.score,
        box: track.at(timestampUs),
        observed: track.observed,
        missed: track.missed,
      }))
      .sort((a, b) => b.score - a.score || a.trackId - b.trackId);
  }

  /** A cut or a seek: nothing is where it was. Ids are not used again. */
  reset(): void {
    this.#tracks = [];
    this.#lookUs = undefined;
    this.#intervalUs = 0;
  }
}

function usable({ box, score }: Observation): boolean {
  const { x, y, width, height } = box;
  return [x, y, width, height, score].every(Number.isFinite) && width > 0 && height > 0;
}

function cost(track: Rect, box: Rect, by: number): number {
  const iou = by > 0 ? intersectionOverUnion(grown(track, by), grown(box, by)) : intersectionOverUnion(track, box);
  return iou >= leastIou ? 1 - iou : Number.POSITIVE_INFINITY;
}
