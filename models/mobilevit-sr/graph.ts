import { Graph } from '../../plugin/engine/graph.js';
import { attention } from '../../plugin/engine/ops/attention.js';
import { add } from '../../plugin/engine/ops/broadcast.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { luma, lumaPatches } from '../../plugin/engine/ops/image/luma.js';
import { lumaResidual } from '../../plugin/engine/ops/image/luma-residual.js';
import { linear } from '../../plugin/engine/ops/linear.js';
import { modulate } from '../../plugin/engine/ops/modulate.js';
import { layerNorm } from '../../plugin/engine/ops/norm.js';
import { image, type TensorType } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { type Int8Inputs, int8Trunk } from './trunk-int8.js';

/** The sizes of a tier; see card.md for the network they describe. */
export interface Architecture {
  /** Feature channels at source resolution. */
  readonly channels: number;
  readonly bodyConvs: number;
  /** Width of the transformer branch. */
  readonly tokenDim: number;
  readonly blocks: number;
  readonly heads: number;
  /** Side of the patch behind a token, pixels. */
  readonly patch: number;
  /** Side of an attention window, tokens. */
  readonly window: number;
}

export const architectureKeys = ['channels', 'bodyConvs', 'tokenDim', 'blocks', 'heads', 'patch', 'window'] as const;

const layerNormEpsilon = 1e-5;

/** A pre-norm transformer block over windows of tokens: attention, then a two-layer perceptron, each with its residual. */
function block(graph: Graph, z: Value<TensorType>, i: number, architecture: Architecture): Value<TensorType> {
  const { tokenDim, heads, window } = architecture;
  const at = `tokens.blocks.${i}`;
  const [rows = 1, columns = 1] = z.type.shape;
  const norm = (x: Value, name: string): Value<TensorType> =>
    layerNorm(graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, eps: layerNormEpsilon }, name);
  const dense = (x: Value, name: string, outChannels: number, activation?: 'silu'): Value<TensorType> =>
    linear(graph, x, {
      weight: `${name}.weight`,
      bias: `${name}.bias`,
      outChannels,
      ...(activation ? { activation } : {}),
    });
  const qkv = dense(norm(z, `${at}.norm1`), `${at}.attn.qkv`, 3 * tokenDim);
  const mixed = attention(
    graph,
    { qkv },
    { heads, window: { size: [window, window], grid: [rows, columns] } },
    `${at}.attn`,
  );
  const attended = add(graph, dense(mixed, `${at}.attn.proj`, tokenDim), z, `${at}.attn.residual`);
  const hidden = dense(norm(attended, `${at}.norm2`), `${at}.mlp.fc1`, 2 * tokenDim, 'silu');
  return add(graph, dense(hidden, `${at}.mlp.fc2`, tokenDim), attended, at);
}

/** The branch that looks far: patches of luma → tokens → windows of attention → a scale and a shift a channel and token. */
function modulation(graph: Graph, patches: Value<TensorType>, architecture: Architecture): Value<TensorType> {
  const { channels, tokenDim, blocks } = architecture;
  const embedded = linear(graph, patches, {
    weight: 'tokens.embed.weight',
    bias: 'tokens.embed.bias',
    outChannels: tokenDim,
  });
  const local = conv2d(graph, embedded, {
    weight: 'tokens.local.weight',
    bias: 'tokens.local.bias',
    outChannels: tokenDim,
    kernel: [3, 3],
    padding: [1, 1],
    groups: tokenDim,
  });
  let z = add(graph, local, embedded, 'tokens.local.residual');
  for (let i = 0; i < blocks; i++) z = block(graph, z, i, architecture);
  const normed = layerNorm(
    graph,
    z,
    { weight: 'tokens.norm.weight', bias: 'tokens.norm.bias', eps: layerNormEpsilon },
    'tokens.norm',
  );
  return linear(graph, normed, {
    weight: 'tokens.modulation.weight',
    bias: 'tokens.modulation.bias',
    outChannels: 2 * channels,
  });
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
  const { channels, bodyConvs, patch } = architecture;
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
  const patches = lumaPatches(graph, frame, { patch }, 'tokens.patches');
  const map = modulation(graph, patches, architecture);
  if (int8Inputs) {
    graph.output(int8Trunk(graph, frame, { value: map, factor: patch }, architecture, int8Inputs));
    return graph;
  }
  const head = conv(luma(graph, frame), 'head');
  let features = modulate(graph, head, map, { factor: patch }, 'modulated');
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
