import type { Rect, Size } from '../core/geometry.js';
import { suppress } from './suppress.js';

/** The box head's answer at one stride: rows of cells, each with objectness (a logit) and the log distances to the four sides. */
export interface Level {
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the network's picture a cell. */
  readonly stride: number;
  readonly values: Float32Array;
  /** Numbers from one cell to the next: five, and padding. */
  readonly cellLength: number;
}

/** A thing of whatever kind. */
export interface Proposal {
  /** Frame pixels, within the frame. */
  readonly box: Rect;
  /** 0 to 1. */
  readonly objectness: number;
}

export interface ProposalOptions {
  readonly picture: Size;
  readonly frame: Size;
  /** How many are compared with each other, and how many may stay. */
  readonly proposals: number;
  readonly regions: number;
  readonly nmsIou: number;
}

/** Fainter objects than this are none. */
const floor = 0.01;
const floorLogit = Math.log(floor / (1 - floor));
/** Distances are cut here, in log strides: beyond it every box is larger than the picture. */
const largestLog = 6;

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

function decodeLevel(level: Level, { picture, frame }: ProposalOptions, into: Proposal[]): void {
  const { width, height, stride, values, cellLength } = level;
  const [scaleX, scaleY] = [frame.width / picture.width, frame.height / picture.height];
  for (let i = 0; i < width * height; i++) {
    const at = i * cellLength;
    const logit = values[at] ?? floorLogit;
    // Also false for NaN: a broken network proposes nothing.
    if (!(logit > floorLogit)) continue;
    const reach = (side: number): number => Math.exp(Math.min(values[at + side] ?? 0, largestLog)) * stride;
    const [x, y] = [((i % width) + 0.5) * stride, (Math.floor(i / width) + 0.5) * stride];
    const left = clamp((x - reach(1)) * scaleX, frame.width);
    const top = clamp((y - reach(2)) * scaleY, frame.height);
    const box = {
      x: left,
      y: top,
      width: clamp((x + reach(3)) * scaleX, frame.width) - left,
      height: clamp((y + reach(4)) * scaleY, frame.height) - top,
    };
    if (box.width > 1 && box.height > 1) into.push({ box, objectness: 1 / (1 + Math.exp(-logit)) });
  }
}

/** Boxes of whatever things the network saw, best first: decoded as FCOS does (Tian et al. 2019), clipped to the frame, suppressed. */
export function proposalsOf(levels: readonly Level[], options: ProposalOptions): readonly Proposal[] {
  const found: Proposal[] = [];
  for (const level of levels) decodeLevel(level, options, found);
  const best = found.sort((a, b) => b.objectness - a.objectness).slice(0, options.proposals);
  const kept = suppress(
    best.map(({ box }) => box),
    best.map(({ objectness }) => objectness),
    options.nmsIou,
    options.regions,
  );
  return kept.flatMap((i) => best[i] ?? []);
}
