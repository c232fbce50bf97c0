import { Graph } from '../../plugin/engine/graph.js';
import { attention } from '../../plugin/engine/ops/attention.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { embedding } from '../../plugin/engine/ops/embedding.js';
import { gather } from '../../plugin/engine/ops/gather.js';
import { type CropResizeAttrs, cropResize } from '../../plugin/engine/ops/image/crop-resize.js';
import { linear } from '../../plugin/engine/ops/linear.js';
import { layerNorm } from '../../plugin/engine/ops/norm.js';
import { positionEmbed } from '../../plugin/engine/ops/position-embed.js';
import { reshape } from '../../plugin/engine/ops/reshape.js';
import { slice } from '../../plugin/engine/ops/slice.js';
import { image, invalidGraph, type TensorType, tensor } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import type { ClipConfig, TowerConfig } from './config.js';
import type { LayerSizes } from './layer-sizes.js';
import { packedName, positionsName } from './weights.js';

/** Names of the graphs' inputs and outputs. */
export const names = {
  ids: 'ids',
  ends: 'ends',
  frame: 'frame',
  boxes: 'boxes',
  pixels: 'pixels',
  textEmbeddings: 'text_embeds',
  imageEmbeddings: 'image_embeds',
} as const;

const norm = (graph: Graph, x: Value, { layerNormEpsilon: eps }: TowerConfig, name: string): Value<TensorType> =>
  layerNorm(graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, eps }, name);

const project = (graph: Graph, x: Value, name: string, outChannels: number): Value<TensorType> =>
  linear(graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, outChannels });

/** y = x + f(norm(x)), twice: attention, then two products (pre-norm transformer: Xiong et al. 2020). */
class Encoder {
  readonly #graph: Graph;
  readonly #config: TowerConfig;
  readonly #causal: boolean;

  constructor(graph: Graph, config: TowerConfig, causal: boolean) {
    this.#graph = graph;
    this.#config = config;
    this.#causal = causal;
  }

  layer(x: Value<TensorType>, prefix: string, sizes: LayerSizes): Value<TensorType> {
    const own = `${prefix}.self_attn`;
    const normed = norm(this.#graph, x, this.#config, `${prefix}.layer_norm1`);
    const qkv = linear(this.#graph, normed, {
      weight: packedName(own, 'weight'),
      bias: packedName(own, 'bias'),
      outChannels: 3 * this.#channels(sizes),
    });
    const attrs = { heads: sizes.heads, ...(this.#causal ? { causal: true } : {}) };
    return this.#rest(x, attention(this.#graph, { qkv }, attrs, own), prefix, sizes);
  }

  /** A layer of which only the first token of each sequence is read: nothing is computed for the others but keys and values. */
  firstOf(x: Value<TensorType>, prefix: string, sizes: LayerSizes): Value<TensorType> {
    const own = `${prefix}.self_attn`;
    const first = { axis: -2, begin: 0, size: 1 };
    const normed = norm(this.#graph, x, this.#config, `${prefix}.layer_norm1`);
    const normedFirst = slice(this.#graph, normed, first, `${prefix}.layer_norm1.first`);
    const channels = this.#channels(sizes);
    const q = project(this.#graph, normedFirst, `${own}.q_proj`, channels);
    const k = project(this.#graph, normed, `${own}.k_proj`, channels);
    const v = project(this.#graph, normed, `${own}.v_proj`, channels);
    const attended = attention(this.#graph, { q, k, v }, { heads: sizes.heads }, own);
    return this.#rest(slice(this.#graph, x, first, `${prefix}.first`), attended, prefix, sizes);
  }

  #channels({ heads }: LayerSizes): number {
    return heads * this.#config.headChannels;
  }

  #rest(x: Value<TensorType>, attended: Value, prefix: string, { hidden }: LayerSizes): Value<TensorType> {
    const { width, activation } = this.#config;
    const residual = 'before-activation';
    const attrs = (name: string, outChannels: number) => ({
      weight: `${prefix}.${name}.weight`,
      bias: `${prefix}.${name}.bias`,
      outChannels,
    });
    const z = linear(this.#graph, attended, { ...attrs('self_attn.out_proj', width), residual }, x);
    const normed = norm(this.#graph, z, this.#config, `${prefix}.layer_norm2`);
    const inner = linear(this.#graph, normed, { ...attrs('mlp.fc1', hidden), activation });
    return linear(this.#graph, inner, { ...attrs('mlp.fc2', width), residual }, z);
  }
}

/**
 * CLIP's text tower (Radford et al. 2021): index `ids` `[batch, tokens]` and `ends` `[batch, 1]`, the place at which each text is read
 * off → `text_embeds` `[batch, projection]`, of any length. What follows a text's end has no influence (the mask is causal), so
 * sequences need be no longer than the longest text.
 */
export function textTower(config: ClipConfig, layers: readonly LayerSizes[], batch: number, tokens: number): Graph {
  const { text, projection } = config;
  const graph = new Graph();
  const ids = graph.input(names.ids, tensor([batch, tokens], 'index'));
  const ends = graph.input(names.ends, tensor([batch, 1], 'index'));
  const prefix = 'text_model';
  const words = embedding(graph, ids, {
    weight: `${prefix}.embeddings.token_embedding.weight`,
    rows: text.vocabulary,
    channels: text.width,
  });
  const positions = { positions: `${prefix}.embeddings.position_embedding.weight`, rows: text.positions };
  let x = positionEmbed(graph, words, positions, `${prefix}.embeddings`);
  const encoder = new Encoder(graph, text, true);
  layers.forEach((sizes, i) => {
    x = encoder.layer(x, `${prefix}.encoder.layers.${i}`, sizes);
  });
  const end = norm(graph, gather(graph, x, ends, `${prefix}.end`), text, `${prefix}.final_layer_norm`);
  const attrs = { weight: 'text_projection.weight', outChannels: projection };
  const embeddings = linear(graph, end, attrs);
  graph.output(reshape(graph, embeddings, { shape: [batch, projection] }, names.textEmbeddings));
  return graph;
}

/** From pixels, `[N, H, W, 3]`, to embeddings, `[N, projection]`, in a graph. */
function imageTower(
  graph: Graph,
  pixels: Value<TensorType>,
  { vision, projection }: ClipConfig,
  layers: readonly LayerSizes[],
): void {
  const [batch = 1, height = 1, width = 1] = pixels.type.shape;
  const { patchSize } = vision;
  if (height < patchSize || width < patchSize)
    throw invalidGraph(`pictures of ${width}x${height}`, `at least one patch of ${patchSize}x${patchSize}`);
  const prefix = 'vision_model';
  const patches = conv2d(graph, pixels, {
    weight: `${prefix}.embeddings.patch_embedding.weight`,
    outChannels: vision.width,
    kernel: [patchSize, patchSize],
    stride: [patchSize, patchSize],
  });
  const [, rows = 1, columns = 1] = patches.type.shape;
  const tokens = reshape(graph, patches, { shape: [batch, rows * columns, vision.width] }, `${prefix}.patches`);
  const attrs = {
    positions: positionsName([rows, columns]),
    rows: rows * columns + 1,
    token: `${prefix}.embeddings.class_embedding`,
  };
  // Their spelling.
  let x = norm(graph, positionEmbed(graph, tokens, attrs, `${prefix}.embeddings`), vision, `${prefix}.pre_layrnorm`);
  const encoder = new Encoder(graph, vision, false);
  layers.forEach((sizes, i) => {
    const layer = `${prefix}.encoder.layers.${i}`;
    x = i === layers.length - 1 ? encoder.firstOf(x, layer, sizes) : encoder.layer(x, layer, sizes);
  });
  const pooled = norm(graph, x, vision, `${prefix}.post_layernorm`);
  const embeddings = linear(graph, pooled, { weight: 'visual_projection.weight', outChannels: projection });
  graph.output(reshape(graph, embeddings, { shape: [batch, projection] }, names.imageEmbeddings));
}

/**
 * The image tower by itself: `pixels` `[batch, height, width, 3]`, normalised as the model's processor says → `image_embeds`
 * `[batch, projection]`. Sizes other than the model's interpolate its positions, as `transformers`' `interpolate_pos_encoding`; what
 * is left over of whole patches is not seen.
 *
 * @throws VitreousError `graph-invalid` for sizes below one patch
 */
export function pixelTower(
  config: ClipConfig,
  layers: readonly LayerSizes[],
  batch: number,
  size: readonly [height: number, width: number],
): Graph {
  const graph = new Graph();
  imageTower(graph, graph.input(names.pixels, tensor([batch, ...size, 3])), config, layers);
  return graph;
}

/**
 * The image tower behind a crop: image `frame` and index `boxes` `[batch, 4]`, see `cropResize` → `image_embeds`
 * `[batch, projection]`, in one submit.
 */
export function regionTower(
  config: ClipConfig,
  layers: readonly LayerSizes[],
  batch: number,
  frame: { readonly width: number; readonly height: number },
  crop: CropResizeAttrs,
): Graph {
  const graph = new Graph();
  const picture = graph.input(names.frame, image(frame.width, frame.height));
  const boxes = graph.input(names.boxes, tensor([batch, 4], 'index'));
  imageTower(graph, cropResize(graph, picture, boxes, crop, names.pixels), config, layers);
  return graph;
}
