import { Graph } from '../../plugin/engine/graph.js';
import { attention } from '../../plugin/engine/ops/attention.js';
import { concat } from '../../plugin/engine/ops/concat.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { globalAveragePool } from '../../plugin/engine/ops/global-average-pool.js';
import { type CropResizeAttrs, cropResize } from '../../plugin/engine/ops/image/crop-resize.js';
import { linear } from '../../plugin/engine/ops/linear.js';
import { layerNorm } from '../../plugin/engine/ops/norm.js';
import { reshape } from '../../plugin/engine/ops/reshape.js';
import { resize } from '../../plugin/engine/ops/resize.js';
import { fold, unfold } from '../../plugin/engine/ops/unfold.js';
import { image, type TensorType, tensor } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import type { MobileVitConfig } from './config.js';

/** Names of the graphs' inputs and outputs. */
export const names = {
  pixels: 'pixels',
  frame: 'frame',
  boxes: 'boxes',
  features: 'features',
  logits: 'logits',
} as const;

interface Convolution {
  readonly outChannels: number;
  readonly side: 1 | 3;
  readonly stride?: 1 | 2;
  readonly groups?: number;
  /** Default the network's. */
  readonly activation?: 'none';
}

/** Rounded to a multiple of 8, but not below nine tenths: MobileNetV2's rule (Sandler et al. 2018). */
function multipleOf8(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}

/** The parts of the network, adding to one graph. */
class Builder {
  readonly #graph: Graph;
  readonly #config: MobileVitConfig;

  constructor(graph: Graph, config: MobileVitConfig) {
    this.#graph = graph;
    this.#config = config;
  }

  conv(
    x: Value,
    name: string,
    { outChannels, side, stride = 1, groups = 1, activation }: Convolution,
    residual?: Value,
  ) {
    const pad = (side - 1) / 2;
    const attrs = {
      weight: `${name}.folded.weight`,
      bias: `${name}.folded.bias`,
      outChannels,
      kernel: [side, side] as const,
      stride: [stride, stride] as const,
      padding: [pad, pad] as const,
      groups,
      ...(activation === 'none' ? {} : { activation: this.#config.activation }),
      ...(residual ? { residual: 'before-activation' as const } : {}),
    };
    return conv2d(this.#graph, x, attrs, residual);
  }

  invertedResidual(x: Value<TensorType>, name: string, outChannels: number, stride: 1 | 2): Value<TensorType> {
    const inChannels = x.type.shape.at(-1) ?? 0;
    const wide = multipleOf8(Math.round(inChannels * this.#config.expansion));
    const expanded = this.conv(x, `${name}.expand_1x1`, { outChannels: wide, side: 1 });
    const mixed = this.conv(expanded, `${name}.conv_3x3`, { outChannels: wide, side: 3, stride, groups: wide });
    const residual = stride === 1 && inChannels === outChannels ? x : undefined;
    return this.conv(mixed, `${name}.reduce_1x1`, { outChannels, side: 1, activation: 'none' }, residual);
  }

  #norm(x: Value, name: string): Value<TensorType> {
    const eps = this.#config.layerNormEpsilon;
    return layerNorm(this.#graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, eps }, name);
  }

  #transformerLayer(x: Value<TensorType>, name: string): Value<TensorType> {
    const { heads, mlpRatio, activation } = this.#config;
    const width = x.type.shape.at(-1) ?? 0;
    const attrs = (part: string, outChannels: number) => ({
      weight: `${name}.${part}.weight`,
      bias: `${name}.${part}.bias`,
      outChannels,
    });
    const residual = 'before-activation';
    const normed = this.#norm(x, `${name}.layernorm_before`);
    const qkv = linear(this.#graph, normed, attrs('attention.attention.qkv', 3 * width));
    const attended = attention(this.#graph, { qkv }, { heads }, `${name}.attention`);
    const z = linear(this.#graph, attended, { ...attrs('attention.output.dense', width), residual }, x);
    const inner = linear(this.#graph, this.#norm(z, `${name}.layernorm_after`), {
      ...attrs('intermediate.dense', Math.trunc(width * mlpRatio)),
      activation,
    });
    return linear(this.#graph, inner, { ...attrs('output.dense', width), residual }, z);
  }

  /** Local by convolution, far by transformers over unfolded patches; maps that patches don't divide are stretched in between. */
  mobileVitBlock(x: Value<TensorType>, name: string, width: number, layers: number): Value<TensorType> {
    const { patch } = this.#config;
    const [batch = 1, height = 1, columns = 1, channels = 1] = x.type.shape;
    const local = this.conv(x, `${name}.conv_kxk`, { outChannels: channels, side: 3 });
    const weight = `${name}.conv_1x1.convolution.weight`;
    let z = conv2d(this.#graph, local, { weight, outChannels: width, kernel: [1, 1] });
    const size = [Math.ceil(height / patch) * patch, Math.ceil(columns / patch) * patch] as const;
    const stretches = size[0] !== height || size[1] !== columns;
    if (stretches) z = resize(this.#graph, z, { mode: 'bilinear', size }, `${name}.stretched`);
    z = unfold(this.#graph, z, { patch: [patch, patch] }, `${name}.unfolded`);
    for (let i = 0; i < layers; i++) z = this.#transformerLayer(z, `${name}.transformer.layer.${i}`);
    z = fold(
      this.#graph,
      this.#norm(z, `${name}.layernorm`),
      { patch: [patch, patch], size, batch },
      `${name}.folded_map`,
    );
    if (stretches) z = resize(this.#graph, z, { mode: 'bilinear', size: [height, columns] }, `${name}.restored`);
    const projected = this.conv(z, `${name}.conv_projection`, { outChannels: channels, side: 1 });
    const both = concat(this.#graph, [x, projected], { axis: -1 }, `${name}.both`);
    return this.conv(both, `${name}.fusion`, { outChannels: channels, side: 3 });
  }
}

/** Transformer layers of the three stages that have them. */
const depths = [2, 4, 3] as const;

function network(graph: Graph, pixels: Value<TensorType>, config: MobileVitConfig, labels: number | undefined): void {
  const { neck, hidden } = config;
  const builder = new Builder(graph, config);
  let x = builder.conv(pixels, 'conv_stem', { outChannels: neck[0], side: 3, stride: 2 });
  x = builder.invertedResidual(x, 'encoder.layer.0.layer.0', neck[1], 1);
  for (let i = 0; i < 3; i++) x = builder.invertedResidual(x, `encoder.layer.1.layer.${i}`, neck[2], i === 0 ? 2 : 1);
  for (const stage of [0, 1, 2] as const) {
    const name = `encoder.layer.${stage + 2}`;
    x = builder.invertedResidual(x, `${name}.downsampling_layer`, neck[(stage + 3) as 3 | 4 | 5], 2);
    x = builder.mobileVitBlock(x, name, hidden[stage], depths[stage]);
  }
  const map = builder.conv(x, 'conv_1x1_exp', { outChannels: neck[6], side: 1 });
  const [batch = 1] = map.type.shape;
  const pooled = globalAveragePool(graph, map, 'pooled');
  const features = reshape(graph, pooled, { shape: [batch, neck[6]] }, names.features);
  graph.output(features);
  if (labels === undefined) return;
  const attrs = { weight: 'classifier.weight', bias: 'classifier.bias', outChannels: labels };
  graph.output(reshape(graph, linear(graph, features, attrs), { shape: [batch, labels] }, names.logits));
}

/**
 * `pixels` `[batch, height, width, 3]`, as the model's processor leaves them → `features` `[batch, C]`, and `logits`
 * `[batch, labels]` of a classifier. Any size of 32 pixels and more, odd ones too.
 *
 * @param labels undefined: features alone
 */
export function pixelNetwork(
  config: MobileVitConfig,
  labels: number | undefined,
  batch: number,
  size: readonly [height: number, width: number],
): Graph {
  const graph = new Graph();
  network(graph, graph.input(names.pixels, tensor([batch, ...size, 3])), config, labels);
  return graph;
}

/** The same behind a crop: image `frame` and index `boxes` `[batch, 4]`, see `cropResize`. */
export function regionNetwork(
  config: MobileVitConfig,
  labels: number | undefined,
  batch: number,
  frame: { readonly width: number; readonly height: number },
  crop: CropResizeAttrs,
): Graph {
  const graph = new Graph();
  const picture = graph.input(names.frame, image(frame.width, frame.height));
  const boxes = graph.input(names.boxes, tensor([batch, 4], 'index'));
  network(graph, cropResize(graph, picture, boxes, crop, names.pixels), config, labels);
  return graph;
}
