import { type FloatPart, floatPartKind, type PackedFloats, type Part, packedFloats, partKind } from '../packing.js';
import { vector as vectorPart } from './vector.js';

/** Sizes and names that decide the order of a block's weights. */
export interface WindowBlockShape {
  /** Prefix of the block's own parameters. */
  readonly block: string;
  readonly channels: number;
  readonly hiddenChannels: number;
  /** Prefix of the depthwise convolution in front. */
  readonly local?: string | undefined;
  /** Prefixes of what follows the last block. */
  readonly out?: { readonly norm: string; readonly linear: string; readonly outChannels: number } | undefined;
}

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** A kernel forms one output group at a time ('rows'), or scatters one input group into all outputs ('columns'). */
  readonly order: 'rows' | 'columns';
}

/** A matrix `[rows, columns]` as 4x4 blocks, each a column an input, row by row or column by column. Rows are padded to a multiple of 4. */
const blocks = partKind<Matrix>('blocks', {
  names: ({ name }) => [name],
  length: ({ rows, columns }) => ceil4(rows) * ceil4(columns),
  pack:
    ({ name, rows, columns, order }) =>
    (from) => {
      const values = from.get(name, [rows, columns]);
      const [blockRows, blockColumns] = [ceil4(rows) / 4, ceil4(columns) / 4];
      const out = from.zeros(blockRows * blockColumns * 16);
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const [br, bc] = [r >> 2, c >> 2];
          const block = order === 'rows' ? br * blockColumns + bc : bc * blockRows + br;
          out[block * 16 + (c % 4) * 4 + (r % 4)] = values[r * columns + c] ?? 0;
        }
      return out;
    },
});

const vector = (name: string, length: number): Part => vectorPart({ name, length });

const matrix = (name: string, rows: number, columns: number, order: Matrix['order']): Part =>
  blocks({ name, rows, columns, order });

const norm = (name: string, n: number): readonly Part[] => [vector(`${name}.weight`, n), vector(`${name}.bias`, n)];

const linear = (name: string, rows: number, columns: number, order: Matrix['order'] = 'rows'): readonly Part[] => [
  matrix(`${name}.weight`, rows, columns, order),
  vector(`${name}.bias`, rows),
];

/** [ky][kx][channel] from PyTorch's [channel, 1, ky, kx]. */
const depthwise3x3 = partKind<{ readonly name: string; readonly channels: number }>('depthwise3x3', {
  names: ({ name }) => [name],
  length: ({ channels }) => 9 * channels,
  pack:
    ({ name, channels }) =>
    (from) => {
      const values = from.get(name, [channels, 1, 3, 3]);
      const out = from.zeros(9 * channels);
      for (let c = 0; c < channels; c++) for (let k = 0; k < 9; k++) out[k * channels + c] = values[c * 9 + k] ?? 0;
      return out;
    },
});

/** All weights of a block in the order of shaders/engine/window_block.wgsl. */
export function packWindowBlock({ block, channels, hiddenChannels, local, out }: WindowBlockShape): PackedFloats {
  return packedFloats(
    ...norm(`${block}.norm1`, channels),
    ...linear(`${block}.attn.qkv`, 3 * channels, channels),
    ...linear(`${block}.attn.proj`, channels, channels, 'columns'),
    ...norm(`${block}.norm2`, channels),
    ...linear(`${block}.mlp.fc1`, hiddenChannels, channels),
    ...linear(`${block}.mlp.fc2`, channels, hiddenChannels, 'columns'),
    ...(local ? [depthwise3x3({ name: `${local}.weight`, channels }), vector(`${local}.bias`, channels)] : []),
    ...(out ? [...norm(out.norm, channels), ...linear(out.linear, out.outChannels, channels)] : []),
  );
}

/** The sum of each filter: what it makes of a patch that is 1 everywhere. */
const filterSums = floatPartKind<{ readonly name: string; readonly filters: number; readonly pixels: number }>('sums', {
  names: ({ name }) => [name],
  length: ({ filters }) => ceil4(filters),
  pack:
    ({ name, filters, pixels }) =>
    (from) => {
      const values = from.get(name, [filters, pixels]);
      const out = new Float32Array(ceil4(filters));
      for (let f = 0; f < filters; f++)
        for (let p = 0; p < pixels; p++) out[f] = (out[f] ?? 0) + (values[f * pixels + p] ?? 0);
      return out;
    },
});

/** What to multiply by instead of dividing by a vector. */
const reciprocals: (of: { readonly name: string; readonly length: number }) => FloatPart = floatPartKind(
  'reciprocals',
  {
    names: ({ name }) => [name],
    length: ({ length }) => ceil4(length),
    pack:
      ({ name, length }) =>
      (from) => {
        const out = new Float32Array(ceil4(length));
        out.set(from.get(name, [length]).map((value) => 1 / value));
        return out;
      },
  },
);

export interface PatchSpectrumShape {
  readonly weight: string;
  readonly mean: string;
  readonly deviation: string;
  readonly filters: number;
  readonly patch: number;
}

/** In the order of shaders/engine/patch_spectrum.wgsl. */
export function packPatchSpectrum({ weight, mean, deviation, filters, patch }: PatchSpectrumShape): PackedFloats {
  const pixels = patch * patch;
  return packedFloats(
    matrix(weight, filters, pixels, 'columns'),
    filterSums({ name: weight, filters, pixels }),
    vector(mean, filters),
    reciprocals({ name: deviation, length: filters }),
  );
}

export interface ExpertMixtureShape {
  readonly mean: string;
  readonly deviation: string;
  readonly hidden: string;
  readonly mixture: string;
  readonly experts: number;
}

/** In the order of shaders/engine/expert_mixture.wgsl. */
export function packExpertMixture(shape: ExpertMixtureShape, channels: number): PackedFloats {
  return packedFloats(
    vector(shape.mean, channels),
    reciprocals({ name: shape.deviation, length: channels }),
    ...linear(shape.hidden, channels, channels),
    ...linear(shape.mixture, shape.experts, channels),
  );
}
