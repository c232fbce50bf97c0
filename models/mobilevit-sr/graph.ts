import { Graph } from '../../plugin/engine/graph.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { luma } from '../../plugin/engine/ops/image/luma.js';
import { lumaResidual } from '../../plugin/engine/ops/image/luma-residual.js';
import { modulate } from '../../plugin/engine/ops/modulate.js';
import { tokenEmbed } from '../../plugin/engine/ops/token-embed.js';
import { windowBlock } from '../../plugin/engine/ops/window-block.js';
import { type ImageType, image, type TensorType } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { type Int8Inputs, int8Trunk } from './trunk-int8.js';

/** The sizes of the transformer branch. */
export interface TokenBranch {
  /** Width of a token. */
  readonly tokenDim: number;
  readonly blocks: number;
  readonly heads: number;
  /** Side of the patch behind a token, pixels. */
  readonly patch: number;
  /** Side of an attention window, tokens. */
  readonly window: number;
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
export const tokenKeys = ['tokenDim', 'blocks', 'heads', 'patch', 'window'] as const;

const layerNormEpsilon = 1e-5;

/** The branch that looks far: patches of luma → tokens → windows of attention → a scale and a shift a channel and token. */
function modulation(
  graph: Graph,
  frame: Value<ImageType>,
  channels: number,
  { tokenDim, blocks, heads, patch, window }: TokenBranch,
): Value<TensorType> {
  let z = tokenEmbed(graph, frame, { linear: 'tokens.embed', outChannels: tokenDim, patch }, 'tokens.embed');
  for (let i = 0; i < blocks; i++) {
    const block = `tokens.blocks.${i}`;
    const isLast = i === blocks - 1;
    const out = { norm: 'tokens.norm', linear: 'tokens.modulation', outChannels: 2 * channels };
    z = windowBlock(
      graph,
      z,
      {
        block,
        heads,
        hiddenChannels: 2 * tokenDim,
        window: [window, window],
        eps: layerNormEpsilon,
        ...(i === 0 ? { local: 'tokens.local' } : {}),
        ...(isLast ? { out } : {}),
      },
      isLast ? 'tokens.modulation' : block,
    );
  }
  return z;
}

/**
 * `mobilevit-sr`: image `frame` [W, H] → image `picture` [2W, 2H]. Convolutions at source resolution, modulated by a light
 * transformer branch (MobileViT's division of labour: local by convolution, far by attention over unfolded patches; Mehta &
 * Rastegari 2022), then sub-pixel convolution (Shi et al. 2016) as a luma residual over bilinear.
 *
 * @param int8Inputs given: the convolutions run in packed int8, their inputs rounded so
 */
export function mobilevitSr(
  architecture: Architecture,
  size: { readonly width: number; readonly height: number },
  int8Inputs?: Int8Inputs,
): Graph {
  const { channels, bodyConvs, tokens } = architecture;
  const graph = new Graph();
  const frame = graph.input('frame', image(size.width, size.height));
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
  const map = tokens && { value: modulation(graph, frame, channels, tokens), factor: tokens.patch };
  if (int8Inputs) {
    graph.output(int8Trunk(graph, frame, map, architecture, int8Inputs));
    return graph;
  }
  let features = conv(luma(graph, frame), 'head');
  if (map) features = modulate(graph, features, map.value, { factor: map.factor }, 'modulated');
  for (let i = 0; i < bodyConvs; i++) features = conv(features, `body.${i}`);
  const residual = conv2d(graph, features, {
    weight: 'tail.weight',
    bias: 'tail.bias',
    outChannels: 4,
    kernel: [3, 3],
    padding: [1, 1],
  });
  graph.output(lumaResidual(graph, frame, residual, 'picture'));
  return graph;
}
