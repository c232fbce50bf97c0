import { partKind } from '../packing.js';
import { type Numbers, padded, zerosLike } from '../source.js';

/** What decides the order of a convolution's packed weights. */
export interface Filter {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
}

const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/** Channel groups one conv group reads; a depthwise filter reads one lane. */
export const inGroupsOf = (g: Filter): number => ceilDiv(g.inChannels / g.groups, 4);

/** [out group][ky][kx][in group][in lane] of 4 outputs. */
export function packDense<N extends Numbers>(values: N, g: Filter): N {
  const [kh, kw] = g.kernel;
  const inPer = g.inChannels / g.groups;
  const inGroups = inGroupsOf(g);
  const out = zerosLike(values, ceilDiv(g.outChannels, 4) * kh * kw * inGroups * 16);
  for (let o = 0; o < g.outChannels; o++)
    for (let i = 0; i < inPer; i++)
      for (let k = 0; k < kh * kw; k++) {
        const row = (Math.floor(o / 4) * kh * kw + k) * inGroups + Math.floor(i / 4);
        out[(row * 4 + (i % 4)) * 4 + (o % 4)] = values[(o * inPer + i) * kh * kw + k] ?? 0;
      }
  return out;
}

/** [ky][kx][group] of 4 channels. */
function packDepthwise<N extends Numbers>(values: N, g: Filter): N {
  const area = g.kernel[0] * g.kernel[1];
  const width = ceilDiv(g.outChannels, 4) * 4;
  const out = zerosLike(values, area * width);
  for (let c = 0; c < g.outChannels; c++) for (let k = 0; k < area; k++) out[k * width + c] = values[c * area + k] ?? 0;
  return out;
}

/** [out channel][ky][kx][in channel of its group] as scalars. */
function packGrouped<N extends Numbers>(values: N, g: Filter): N {
  const area = g.kernel[0] * g.kernel[1];
  const inPer = g.inChannels / g.groups;
  const out = zerosLike(values, g.outChannels * area * inPer);
  for (let o = 0; o < g.outChannels; o++)
    for (let i = 0; i < inPer; i++)
      for (let k = 0; k < area; k++) out[(o * area + k) * inPer + i] = values[(o * inPer + i) * area + k] ?? 0;
  return padded(out);
}

/** A kernel's order of a filter's weights. */
export type FilterOrder = 'dense' | 'depthwise' | 'grouped';

const packers = { dense: packDense, depthwise: packDepthwise, grouped: packGrouped } as const;

function packedLength(order: FilterOrder, g: Filter): number {
  const area = g.kernel[0] * g.kernel[1];
  const outGroups = ceilDiv(g.outChannels, 4);
  if (order === 'dense') return outGroups * area * inGroupsOf(g) * 16;
  if (order === 'depthwise') return area * outGroups * 4;
  return ceilDiv((g.outChannels * area * g.inChannels) / g.groups, 4) * 4;
}

interface FilterPart extends Filter {
  /** Shape [outChannels, inChannels / groups, kernelH, kernelW]. */
  readonly weight: string;
  readonly order: FilterOrder;
  /** Of a dense one only so many groups of 4 outputs from `first` on. */
  readonly outGroups?: { readonly first: number; readonly count: number };
}

/** Of a part of the outputs: how many there are, and which is the first. */
function outputsOf({ outChannels, outGroups }: FilterPart): { readonly first: number; readonly count: number } {
  if (!outGroups) return { first: 0, count: outChannels };
  const first = outGroups.first * 4;
  return { first, count: Math.min(outGroups.count * 4, outChannels - first) };
}

/** A filter in a kernel's order. */
export const filter = partKind<FilterPart>('filter', {
  names: ({ weight }) => [weight],
  length: (of) => packedLength(of.order, { ...of, outChannels: outputsOf(of).count }),
  pack: (of) => (from) => {
    const { first, count } = outputsOf(of);
    const shape = [of.outChannels, of.inChannels / of.groups, ...of.kernel];
    const perOutput = shape.slice(1).reduce((product, n) => product * n, 1);
    const values = from.range(of.weight, shape, first * perOutput, (first + count) * perOutput);
    return packers[of.order](values, { ...of, outChannels: count });
  },
});

interface LumaFilter {
  /** Shape [outChannels, 1, kernelH, kernelW]. */
  readonly weight: string;
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
  /** Only so many groups of 4 outputs from `first` on. */
  readonly outGroups?: { readonly first: number; readonly count: number };
}

/** A filter of one input: [ky][kx][out group] of 4 outputs. */
export const lumaFilter = partKind<LumaFilter>('luma', {
  names: ({ weight }) => [weight],
  length: ({ outChannels, kernel, outGroups }) =>
    kernel[0] * kernel[1] * (outGroups?.count ?? ceilDiv(outChannels, 4)) * 4,
  pack:
    ({ weight, outChannels, kernel, outGroups }) =>
    (from) => {
      const taps = kernel[0] * kernel[1];
      const { first, count } = outGroups ?? { first: 0, count: ceilDiv(outChannels, 4) };
      const [begin, end] = [first * 4, Math.min((first + count) * 4, outChannels)];
      const values = from.range(weight, [outChannels, 1, ...kernel], begin * taps, end * taps);
      const out = from.zeros(taps * count * 4);
      for (let o = 0; o < end - begin; o++)
        for (let k = 0; k < taps; k++) out[k * count * 4 + o] = values[o * taps + k] ?? 0;
      return out;
    },
});
