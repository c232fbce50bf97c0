import type { Rect, Size } from '../core/geometry.js';
import { suppress } from './suppress.js';

/**
 * The box detector's answer: rows of cells, each with the logit and number of the class that peaks there, and the distances to the four
 * sides.
 */
export interface Peaks {
  /** Cells. */
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /** Numbers from one cell to the next: six, and padding. */
  readonly cellLength: number;
}

/** What the detector takes a thing for. */
export interface Opinion {
  /** Among the classes it was taught. */
  readonly classIndex: number;
  /** How probably something is there, 0 to 1. */
  readonly objectness: number;
}

/** A thing of whatever kind. */
export interface Proposal extends Opinion {
  /** Frame pixels, within the frame. */
  readonly box: Rect;
}

export interface ProposalOptions {
  readonly picture: Size;
  readonly frame: Size;
  /** How many are compared with each other, and how many may stay. */
  readonly proposals: number;
  readonly regions: number;
  readonly nmsIou: number;
}

/** Pixels of the network's picture from one cell to the next, and a unit of the distances. */
const [stride, reachUnit] = [4, 16] as const;
/** Fainter objects than this are none. */
const floor = 0.01;
const floorLogit = Math.log(floor / (1 - floor));

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

function decode({ width, height, values, cellLength }: Peaks, { picture, frame }: ProposalOptions): Proposal[] {
  const [scaleX, scaleY] = [frame.width / picture.width, frame.height / picture.height];
  const found: Proposal[] = [];
  for (let i = 0; i < width * height; i++) {
    const at = i * cellLength;
    const logit = values[at] ?? floorLogit;
    // Also false for NaN: a broken network proposes nothing.
    if (!(logit > floorLogit)) continue;
    const reach = (side: number): number => (values[at + 2 + side] ?? 0) * reachUnit;
    const [x, y] = [(i % width) * stride, Math.floor(i / width) * stride];
    const left = clamp((x - reach(0)) * scaleX, frame.width);
    const top = clamp((y - reach(1)) * scaleY, frame.height);
    const box = {
      x: left,
      y: top,
      width: clamp((x + reach(2)) * scaleX, frame.width) - left,
      height: clamp((y + reach(3)) * scaleY, frame.height) - top,
    };
    if (box.width > 1 && box.height > 1)
      found.push({ box, objectness: 1 / (1 + Math.exp(-logit)), classIndex: values[at + 1] ?? 0 });
  }
  return found;
}

/** Boxes of whatever things the network saw, best first: decoded as CenterNet does (Zhou et al. 2019), clipped to the frame, suppressed. */
export function proposalsOf(peaks: Peaks, options: ProposalOptions): readonly Proposal[] {
  const best = decode(peaks, options)
    .sort((a, b) => b.objectness - a.objectness)
    .slice(0, options.proposals);
  const kept = suppress(
    best.map(({ box }) => box),
    best.map(({ objectness }) => objectness),
    options.nmsIou,
    options.regions,
  );
  return kept.flatMap((i) => best[i] ?? []);
}
