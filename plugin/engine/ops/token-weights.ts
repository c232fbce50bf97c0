import { concatFloats, type PackedWeights, type WeightSource } from '../weights.js';

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

/**
 * A matrix `[rows, columns]` as 4x4 blocks, each a column an input: blocks row by row ('rows': a kernel forms one output group at a
 * time) or column by column ('columns': it scatters one input group into all outputs). Rows are padded to a multiple of 4.
 */
function packBlocks(values: Float32Array, rows: number, columns: number, order: 'rows' | 'columns'): Float32Array {
  const [blockRows, blockColumns] = [Math.ceil(rows / 4), Math.ceil(columns / 4)];
  const out = new Float32Array(blockRows * blockColumns * 16);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const [br, bc] = [r >> 2, c >> 2];
      const block = order === 'rows' ? br * blockColumns + bc : bc * blockRows + br;
      out[block * 16 + (c % 4) * 4 + (r % 4)] = values[r * columns + c] ?? 0;
    }
  return out;
}

/** One tensor of the file: its name, its shape there, how many scalars it becomes, and how. */
interface Part {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  readonly pack: (values: Float32Array) => Float32Array;
}

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

const vector = (name: string, n: number): Part => ({
  name,
  shape: [n],
  length: ceil4(n),
  pack: (values) => {
    const out = new Float32Array(ceil4(n));
    out.set(values);
    return out;
  },
});

const matrix = (name: string, rows: number, columns: number, order: 'rows' | 'columns'): Part => ({
  name,
  shape: [rows, columns],
  length: ceil4(rows) * ceil4(columns),
  pack: (values) => packBlocks(values, rows, columns, order),
});

const norm = (name: string, n: number): readonly Part[] => [vector(`${name}.weight`, n), vector(`${name}.bias`, n)];

const linear = (name: string, rows: number, columns: number, order: 'rows' | 'columns' = 'rows'): readonly Part[] => [
  matrix(`${name}.weight`, rows, columns, order),
  vector(`${name}.bias`, rows),
];

/** [ky][kx][channel] from PyTorch's [channel, 1, ky, kx]. */
function depthwise3x3(name: string, channels: number): Part {
  return {
    name,
    shape: [channels, 1, 3, 3],
    length: 9 * channels,
    pack(values) {
      const out = new Float32Array(9 * channels);
      for (let c = 0; c < channels; c++) for (let k = 0; k < 9; k++) out[k * channels + c] = values[c * 9 + k] ?? 0;
      return out;
    },
  };
}

function joined(parts: readonly Part[]): PackedWeights {
  return {
    names: parts.map((part) => part.name),
    dtype: 'f32',
    length: parts.reduce((n, part) => n + part.length, 0),
    pack: (source: WeightSource) => concatFloats(parts.map(({ name, shape, pack }) => pack(source.get(name, shape)))),
  };
}

/** All weights of a block in the order of shaders/engine/window_block.wgsl. */
export function packWindowBlock({ block, channels, hiddenChannels, local, out }: WindowBlockShape): PackedWeights {
  return joined([
    ...norm(`${block}.norm1`, channels),
    ...linear(`${block}.attn.qkv`, 3 * channels, channels),
    ...linear(`${block}.attn.proj`, channels, channels, 'columns'),
    ...norm(`${block}.norm2`, channels),
    ...linear(`${block}.mlp.fc1`, hiddenChannels, channels),
    ...linear(`${block}.mlp.fc2`, channels, hiddenChannels, 'columns'),
    ...(local ? [depthwise3x3(`${local}.weight`, channels), vector(`${local}.bias`, channels)] : []),
    ...(out ? [...norm(out.norm, channels), ...linear(out.linear, out.outChannels, channels)] : []),
  ]);
}

/** The sum of each filter: what it makes of a patch that is 1 everywhere. */
const filterSums = (name: string, filters: number, pixels: number): Part => ({
  name,
  shape: [filters, pixels],
  length: ceil4(filters),
  pack(values) {
    const out = new Float32Array(ceil4(filters));
    for (let f = 0; f < filters; f++)
      for (let p = 0; p < pixels; p++) out[f] = (out[f] ?? 0) + (values[f * pixels + p] ?? 0);
    return out;
  },
});

/** What to multiply by instead of dividing by a vector. */
const reciprocals = (name: string, n: number): Part => {
  const part = vector(name, n);
  return { ...part, pack: (values) => part.pack(values.map((value) => 1 / value)) };
};

export interface PatchSpectrumShape {
  readonly weight: string;
  readonly mean: string;
  readonly deviation: string;
  readonly filters: number;
  readonly patch: number;
}

/** In the order of shaders/engine/patch_spectrum.wgsl. */
export function packPatchSpectrum({ weight, mean, deviation, filters, patch }: PatchSpectrumShape): PackedWeights {
  const pixels = patch * patch;
  return joined([
    matrix(weight, filters, pixels, 'columns'),
    filterSums(weight, filters, pixels),
    vector(mean, filters),
    reciprocals(deviation, filters),
  ]);
}

export interface ExpertMixtureShape {
  readonly mean: string;
  readonly deviation: string;
  readonly hidden: string;
  readonly mixture: string;
  readonly experts: number;
}

/** In the order of shaders/engine/expert_mixture.wgsl. */
export function packExpertMixture(shape: ExpertMixtureShape, channels: number): PackedWeights {
  return joined([
    vector(shape.mean, channels),
    reciprocals(shape.deviation, channels),
    ...linear(shape.hidden, channels, channels),
    ...linear(shape.mixture, shape.experts, channels),
  ]);
}
