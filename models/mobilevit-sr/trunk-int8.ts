import type { Graph } from '../../plugin/engine/graph.js';
import { conv2dInt8 } from '../../plugin/engine/ops/int8/conv2d-int8.js';
import { conv2dInt8LumaResidual } from '../../plugin/engine/ops/int8/conv2d-int8-luma-residual.js';
import { lumaConv2dInt8 } from '../../plugin/engine/ops/int8/luma-conv2d-int8.js';
import { type ImageType, invalidGraph } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import type { Int8Rounding } from '../../plugin/engine/weights/pack/int8.js';

/** Layers with int8 inputs, first to last. */
export const int8Layers = (bodyConvs: number): readonly string[] => [
  ...Array.from({ length: bodyConvs }, (_, i) => `body.${i}`),
  'tail',
];

/** How each layer's input is rounded, by name; those of `int8Layers`. */
export type Int8Inputs = Readonly<Record<string, Int8Rounding>>;

function inputOf(inputs: Int8Inputs, layer: string | undefined): Int8Rounding {
  const rounding = inputs[layer ?? ''];
  if (rounding === undefined) throw invalidGraph(`no rounding of the input of ${layer}`, 'one for each int8 layer');
  return rounding;
}

export interface Trunk {
  readonly channels: number;
  readonly bodyConvs: number;
}

/**
 * The convolutions of `mobilevit-sr` in packed int8: frame → picture. The head and each body convolution round their output as the layer
 * that reads it wants it.
 */
export function int8Trunk(
  graph: Graph,
  frame: Value<ImageType>,
  { channels, bodyConvs }: Trunk,
  inputs: Int8Inputs,
): Value<ImageType> {
  const layers = int8Layers(bodyConvs);
  const named = (name: string) => ({ weight: `${name}.weight`, bias: `${name}.bias` });
  const conv = (name: string) => ({ ...named(name), slope: `${name}.act.weight`, outChannels: channels });
  const head = { ...conv('head'), output: inputOf(inputs, layers[0]) };
  let x = lumaConv2dInt8(graph, frame, head);
  for (const [i, name] of layers.slice(0, -1).entries())
    x = conv2dInt8(graph, x, {
      ...conv(name),
      input: inputOf(inputs, name),
      output: inputOf(inputs, layers[i + 1]),
    });
  const tail = { ...named('tail'), outChannels: 4, input: inputOf(inputs, 'tail') };
  return conv2dInt8LumaResidual(graph, frame, x, tail, 'picture');
}
