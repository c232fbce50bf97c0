import { filter, lumaFilter } from '../../weights/pack/filter.js';
import { vectorOrZeros } from '../../weights/pack/vector.js';
import { type PackedWeights, type Part, packedWeights } from '../../weights/packing.js';
import type { Conv2dAttrs } from '../conv2d-filter.js';

/** The convolutions of a chain; all but the tail have the same activation. */
export interface ChainLayers {
  /** From luma. */
  readonly head?: Conv2dAttrs;
  readonly layers: readonly Conv2dAttrs[];
  /** To four outputs, added to the enlarged frame. */
  readonly tail?: Conv2dAttrs;
}

const behind = ({ bias, slope, activation, outChannels }: Conv2dAttrs): readonly Part[] => [
  vectorOrZeros(bias, outChannels),
  vectorOrZeros(activation === 'prelu' ? slope : undefined, outChannels),
];

const matrices = ({ weight, outChannels }: Conv2dAttrs, inChannels: number): Part =>
  filter({ inChannels, outChannels, groups: 1, kernel: [3, 3], weight, order: 'dense' });

/** In the order of shaders/engine/conv_chain.wgsl. `channels` is a multiple of 4. */
export const packChain = ({ head, layers, tail }: ChainLayers, channels: number): PackedWeights =>
  packedWeights(
    // [ky][kx][out group] of 4 outputs.
    ...(head
      ? [lumaFilter({ weight: head.weight, outChannels: head.outChannels, kernel: [3, 3] }), ...behind(head)]
      : []),
    ...layers.flatMap((attrs) => [matrices(attrs, channels), ...behind(attrs)]),
    ...(tail ? [matrices(tail, channels), vectorOrZeros(tail.bias, 4)] : []),
  );
