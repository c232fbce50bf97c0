import { type Int8Words, ofExpert, type PackedWeights, type Part, packedWeights, partKind } from '../packing.js';
import { filled, vector } from './vector.js';

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

/** The same parts of every expert, one expert behind the other. */
export const ofExperts = (parts: readonly Part[], experts: number): PackedWeights =>
  packedWeights(
    ...Array.from({ length: experts }, (_, index) =>
      parts.map((part) => ofExpert(part, { index, count: experts })),
    ).flat(),
  );

interface Rows {
  readonly weight: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** [out channel][tap][in group] of 4 inputs. */
const filterRows = partKind<Rows>('filterRows', {
  names: ({ weight }) => [weight],
  length: ({ inChannels, outChannels }) => outChannels * 9 * ceil4(inChannels),
  pack:
    ({ weight, inChannels, outChannels }) =>
    (from) => {
      const [values, width] = [from.get(weight, [outChannels, inChannels, 3, 3]), ceil4(inChannels)];
      const rows = from.zeros(outChannels * 9 * width);
      for (let o = 0; o < outChannels; o++)
        for (let i = 0; i < inChannels; i++)
          for (let k = 0; k < 9; k++) rows[(o * 9 + k) * width + i] = values[(o * inChannels + i) * 9 + k] ?? 0;
      return rows;
    },
});

/** A layer's filter by rows, then biases and slopes: as shaders/engine/blend_weights_int8.wgsl reads an expert. */
export const int8ExpertParts = ({ weight, bias, slope, inChannels, outChannels }: Int8Words): readonly Part[] => [
  filterRows({ weight, inChannels, outChannels }),
  vector({ name: bias, length: outChannels }),
  slope === undefined ? filled({ length: outChannels, value: 1 }) : vector({ name: slope, length: outChannels }),
];
