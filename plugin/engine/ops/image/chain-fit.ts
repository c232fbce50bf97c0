import type { Caps } from '../../../gpu/caps.js';
import type { Precision } from '../../../gpu/kernel.js';

/** What decides whether a chain of convolutions runs as one dispatch. See shaders/engine/conv_chain.wgsl. */
export interface ChainShape {
  readonly channels: number;
  /** It starts with a convolution of luma. */
  readonly head: boolean;
  /** Convolutions of equal width. */
  readonly layers: number;
  /** It ends with the convolution to four outputs. */
  readonly tail: boolean;
}

/** Side of the tile a workgroup computes, pixels. */
export const chainTile = 16;
const invocations = chainTile * chainTile;

/**
 * Multiply-accumulates around tiles that a chain may do more than its layers one by one, as a factor. What a chain saves in bytes it pays
 * in these; past it a device that is short of arithmetic, as phones are, would lose more than one short of bandwidth gains.
 */
const maxRecompute = 1.75;

/** vec4s an invocation may hold until all have read: more spill from registers. */
const maxHeld = 12;

/** Pixels around the tile that the first layer covers. */
export const marginOf = ({ layers, tail }: ChainShape): number => layers + (tail ? 1 : 0);

/** Pixels of the first of the layers that an invocation holds. */
export const heldOf = (shape: ChainShape): number =>
  Math.max(1, Math.ceil((chainTile + 2 * marginOf(shape) - 2) ** 2 / invocations));

/** Workgroup memory, bytes. */
export function chainBytes(shape: ChainShape, precision: Precision): number {
  const side = chainTile + 2 * marginOf(shape);
  const lumas = shape.head ? (side + 2) ** 2 : 1;
  return (side ** 2 * shape.channels + lumas) * (precision === 'f16' ? 2 : 4);
}

/** Multiply-accumulates of the tiles over those of the layers one by one. */
export function recomputeOf(shape: ChainShape): number {
  const { channels, head, layers, tail } = shape;
  const margin = marginOf(shape);
  const costs = [
    ...(head ? [{ macs: channels, margin }] : []),
    ...Array.from({ length: layers }, (_, i) => ({ macs: channels * channels, margin: margin - 1 - i })),
    ...(tail ? [{ macs: channels * 4, margin: 0 }] : []),
  ];
  const area = (around: number): number => (chainTile + 2 * around) ** 2;
  const done = costs.reduce((sum, cost) => sum + cost.macs * area(cost.margin), 0);
  return done / costs.reduce((sum, cost) => sum + cost.macs * area(0), 0);
}

/**
 * Whether a chain runs as one dispatch: each layer that joins saves writing and reading a whole map, so a chain takes in as many as
 * workgroup memory, registers and the recompute limit allow. Software GPUs, whose workgroup memory is ordinary memory, gain nothing.
 */
export function chainFits(shape: ChainShape, { caps, precision }: { caps: Caps; precision: Precision }): boolean {
  return (
    !caps.software &&
    shape.channels % 4 === 0 &&
    caps.maxInvocationsPerWorkgroup >= invocations &&
    chainBytes(shape, precision) <= caps.maxWorkgroupStorageBytes &&
    heldOf(shape) * (shape.channels / 4) <= maxHeld &&
    recomputeOf(shape) <= maxRecompute
  );
}
