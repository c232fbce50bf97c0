import { intersection } from '../core/boxes.js';
import type { Observation } from './track.js';

const mostShared = 0.45;
/** So much of the smaller of two boxes in the larger one: a part of the same thing. */
const mostContained = 0.75;

/** Boxes of one prompt, without those that lie mostly on or in a better one: a look's second sight of the same thing. */
export function withoutDuplicates(observations: readonly Observation[]): readonly Observation[] {
  const kept: Observation[] = [];
  for (const one of observations.toSorted((a, b) => b.score - a.score))
    if (!kept.some((better) => sameThing(better, one))) kept.push(one);
  return kept;
}

function sameThing({ box: a }: Observation, { box: b }: Observation): boolean {
  const shared = intersection(a, b);
  const [areaA, areaB] = [a.width * a.height, b.width * b.height];
  return shared > mostShared * (areaA + areaB - shared) || shared > mostContained * Math.min(areaA, areaB);
}
