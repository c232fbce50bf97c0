import { Graph } from '../../plugin/engine/graph.js';
import { activation } from '../../plugin/engine/ops/activation.js';
import { attention } from '../../plugin/engine/ops/attention.js';
import { linear } from '../../plugin/engine/ops/linear.js';
import { layerNorm } from '../../plugin/engine/ops/norm.js';
import { reshape } from '../../plugin/engine/ops/reshape.js';
import { imageDims, type TensorType, tensor } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { boxes } from './boxes.js';
import { conv } from './layers.js';

/** Sizes of the network that its weights may choose; see card.md. The trunk is EfficientNet-Lite0 (Tan & Le 2019), Lite widths. */
export interface Architecture {
  readonly embedDim: number;
  /** Channels of the coarse map (stride 32) and of the fine one (stride 16) that regions are pooled from. */
  readonly headChannels: number;
  readonly fineChannels: number;
  /** Hidden width of the region head. */
  readonly hidden: number;
  /** Samples a side of a region. */
  readonly roiPoints: number;
  /** Absent: a network without the transformer block. */
  readonly tokens?: { readonly dim: number; readonly blocks: number; readonly heads: number };
}

export const sizeKeys = [
  'embedDim',
  'headChannels',
  'fineChannels',
  'hidden',
  'roiPoints',
] as const satisfies readonly (keyof Architecture)[];

const layerNormEpsilon = 1e-5;

/** (expansion, kernel, stride, channels, layers) of each stage. */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

interface Block {
  readonly channels: number;
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
}

const trunk: readonly Block[] = stages.flatMap(([expansion, kernel, stride, channels, layers]) =>
  Array.from({ length: layers }, (_, i) => ({ expansion, kernel, stride: i === 0 ? stride : 1, channels })),
);
/** The block whose output is the map of stride 16. */
const blockOf16 = 10;

function invertedResidual(graph: Graph, x: Value<TensorType>, name: string, block: Block): Value<TensorType> {
  const { channels } = imageDims(x.type);
  const inner = channels * block.expansion;
  const { kernel, stride } = block;
  const expanded = block.expansion > 1 ? conv(graph, x, `${name}.expand`, { channels: inner, activation: 'relu6' }) : x;
  const filtered = conv(graph, expanded, `${name}.depthwise`, {
    channels: inner,
    kernel,
    stride,
    depthwise: true,
    activation: 'relu6',
  });
  const isResidual = stride === 1 && channels === block.channels;
  return conv(graph, filtered, `${name}.project`, { channels: block.channels }, isResidual ? x : undefined);
}

function transformerBlock(graph: Graph, x: Value<TensorType>, name: string, heads: number): Value<TensorType> {
  const dim = x.type.shape[x.type.shape.length - 1] ?? 1;
  const norm = (from: Value, which: string): Value<TensorType> =>
    layerNorm(
      graph,
      from,
      { weight: `${name}.${which}.weight`, bias: `${name}.${which}.bias`, eps: layerNormEpsilon },
      `${name}.${which}`,
    );
  const project = (from: Value, which: string, outChannels: number, residual?: Value): Value<TensorType> =>
    linear(
      graph,
      from,
      {
        weight: `${name}.${which}.weight`,
        bias: `${name}.${which}.bias`,
        outChannels,
        ...(residual ? { residual: 'before-activation' } : {}),
      },
      residual,
    );
  const qkv = project(norm(x, 'norm1'), 'qkv', 3 * dim);
  const attended = project(attention(graph, { qkv }, { heads }, `${name}.attention`), 'out', dim, x);
  const hidden = project(norm(attended, 'norm2'), 'fc1', 2 * dim);
  return project(activation(graph, hidden, { activation: 'silu' }, `${name}.silu`), 'fc2', dim, attended);
}

/** MobileViT's division of labour (Mehta & Rastegari 2022): near by convolution, far by attention over one token a cell. */
function mobileVitBlock(
  graph: Graph,
  x: Value<TensorType>,
  { dim, blocks, heads }: NonNullable<Architecture['tokens']>,
): Value<TensorType> {
  const { batch, height, width, channels } = imageDims(x.type);
  const lead = x.type.shape.length === 4 ? [batch] : [];
  const local = conv(graph, x, 'vit.local', { channels, kernel: 3, depthwise: true, activation: 'silu' });
  const into = conv(graph, local, 'vit.into', { channels: dim });
  let tokens = reshape(graph, into, { shape: [...lead, height * width, dim] }, 'vit.tokens');
  for (let i = 0; i < blocks; i++) tokens = transformerBlock(graph, tokens, `vit.blocks.${i}`, heads);
  const normed = layerNorm(
    graph,
    tokens,
    { weight: 'vit.norm.weight', bias: 'vit.norm.bias', eps: layerNormEpsilon },
    'vit.norm',
  );
  const map = reshape(graph, normed, { shape: [...lead, height, width, dim] }, 'vit.map');
  return conv(graph, map, 'vit.project', { channels }, x);
}

/** What regions are pooled from, of a picture or a batch of them. */
export interface Maps {
  /** `[(B,) H / 32, W / 32, headChannels]` */
  readonly coarse: Value<TensorType>;
  /** `[(B,) H / 16, W / 16, fineChannels]` */
  readonly fine: Value<TensorType>;
}

/** Trunk, transformer block and the maps that regions are pooled from. */
export function maps(graph: Graph, pixels: Value, { headChannels, fineChannels, tokens }: Architecture): Maps {
  let x = conv(graph, pixels, 'stem', { channels: 32, kernel: 3, stride: 2, activation: 'relu6' });
  let at16 = x;
  for (const [i, block] of trunk.entries()) {
    x = invertedResidual(graph, x, `blocks.${i}`, block);
    if (i === blockOf16) at16 = x;
  }
  const at32 = tokens ? mobileVitBlock(graph, x, tokens) : x;
  const coarse = conv(graph, at32, 'head', { channels: headChannels, activation: 'relu6', as: 'coarse' });
  const fine = conv(graph, at16, 'fine', { channels: fineChannels, activation: 'relu6' });
  return { coarse, fine };
}

/**
 * One pass over a picture: tensor `pixels` [H, W, 3], normalised, sides multiples of 32 → `peaks`, `coarse`, `fine`; see {@link boxes}.
 */
export function pictureGraph(architecture: Architecture, height: number, width: number): Graph {
  const graph = new Graph();
  const pixels = graph.input('pixels', tensor([height, width, 3]));
  const { coarse, fine } = maps(graph, pixels, architecture);
  graph.output(boxes(graph, pixels));
  graph.output(coarse);
  graph.output(fine);
  return graph;
}
