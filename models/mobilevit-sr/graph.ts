import type { MixtureReading } from '../../plugin/engine/files/manifest.js';
import { Graph } from '../../plugin/engine/graph.js';
import { blendWeights } from '../../plugin/engine/ops/blend-weights.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { expertMixture } from '../../plugin/engine/ops/expert-mixture.js';
import { luma } from '../../plugin/engine/ops/image/luma.js';
import { lumaResidual } from '../../plugin/engine/ops/image/luma-residual.js';
import { patchSpectrum } from '../../plugin/engine/ops/patch-spectrum.js';
import { windowBlock } from '../../plugin/engine/ops/window-block.js';
import { type ImageType, image, type TensorType } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { type Int8Inputs, int8Trunk } from './trunk-int8.js';

/** The sizes of the transformer branch. */
export interface TokenBranch {
  /** Versions of each of the trunk's weights. */
  readonly experts: number;
  /** Width of a token. */
  readonly tokenDim: number;
  readonly blocks: number;
  readonly heads: number;
  /** Side of the patch behind a token, pixels. */
  readonly patch: number;
  /** Side of an attention window, tokens. */
  readonly window: number;
  /** How it follows the frames of a video. */
  readonly reading: MixtureReading;
}

/** The sizes of a tier; see card.md for the network they describe. */
export interface Architecture {
  /** Feature channels at source resolution. */
  readonly channels: number;
  readonly bodyConvs: number;
  /** Absent: convolutions alone. */
  readonly tokens?: TokenBranch;
}

export const trunkKeys = ['channels', 'bodyConvs'] as const;
export const tokenKeys = ['experts', 'tokenDim', 'blocks', 'heads', 'patch', 'window'] as const;

const layerNormEpsilon = 1e-5;
/** The branch that reads how compressed a frame is, and what kind of picture: patches → tokens → attention → a mixture of experts. */
function mixture(
  graph: Graph,
  frame: Value<ImageType>,
  { experts, tokenDim, blocks, heads, patch, window, reading }: TokenBranch,
): Value<TensorType> {
  const spectrum = {
    weight: 'tokens.embed.weight',
    mean: 'tokens.token_mean',
    deviation: 'tokens.token_deviation',
    filters: tokenDim,
    patch,
    floor: reading.responseFloor,
  };
  let z = patchSpectrum(graph, frame, spectrum, 'tokens.embed');
  for (let i = 0; i < blocks; i++) {
    const block = `tokens.blocks.${i}`;
    const sizes = { heads, hiddenChannels: 2 * tokenDim, window: [window, window], eps: layerNormEpsilon } as const;
    z = windowBlock(graph, z, { block, ...sizes }, block);
  }
  const average = {
    mean: 'tokens.pooled_mean',
    deviation: 'tokens.pooled_deviation',
    hidden: 'tokens.hidden',
    mixture: 'tokens.mixture',
    experts,
    averageRate: reading.averageRate,
    hysteresis: reading.hysteresis,
  };
  return expertMixture(graph, z, average, 'mixture');
}

/**
 * `mobilevit-sr`: image `frame` [W, H] → image `picture` [2W, 2H]. Convolutions at source resolution, then sub-pixel convolution (Shi et
 * al. 2016) as a luma residual over bilinear. With a transformer branch the weights of all of them are a mixture of experts that the
 * frame itself decides (conditionally parameterized convolutions, Yang et al. 2019; MobileViT's unfolding, Mehta & Rastegari 2022).
 *
 * @param int8Inputs given: the convolutions run in packed int8, their inputs rounded so
 */
export function mobilevitSr(
  architecture: Architecture,
  size: { readonly width: number; readonly height: number },
  int8Inputs?: Int8Inputs,
): Graph {
  const { tokens } = architecture;
  const graph = new Graph();
  const frame = graph.input('frame', image(size.width, size.height));
  if (tokens) {
    const { experts, reading } = tokens;
    graph.segment('mixture', { kind: 'one-in', frames: reading.oneFrameIn }, () =>
      blendWeights(graph, mixture(graph, frame, tokens), { experts, prefixes: ['head.', 'body.', 'tail.'] }),
    );
  }
  graph.output(int8Inputs ? int8Trunk(graph, frame, architecture, int8Inputs) : realTrunk(graph, frame, architecture));
  return graph;
}

/** The convolutions in floating point: frame → picture. */
function realTrunk(graph: Graph, frame: Value<ImageType>, { channels, bodyConvs }: Architecture): Value<ImageType> {
  const conv = (x: Value, name: string): Value<TensorType> =>
    conv2d(graph, x, {
      weight: `${name}.weight`,
      bias: `${name}.bias`,
      outChannels: channels,
      kernel: [3, 3],
      padding: [1, 1],
      activation: 'prelu',
      slope: `${name}.act.weight`,
    });
  let features = conv(luma(graph, frame), 'head');
  for (let i = 0; i < bodyConvs; i++) features = conv(features, `body.${i}`);
  const residual = conv2d(graph, features, {
    weight: 'tail.weight',
    bias: 'tail.bias',
    outChannels: 4,
    kernel: [3, 3],
    padding: [1, 1],
  });
  return lumaResidual(graph, frame, residual, 'picture');
}
