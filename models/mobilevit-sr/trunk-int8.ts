import type { Graph } from '../../plugin/engine/graph.js';
import { conv2dInt8 } from '../../plugin/engine/ops/int8/conv2d-int8.js';
import { conv2dInt8LumaResidual } from '../../plugin/engine/ops/int8/conv2d-int8-luma-residual.js';
import { lumaConv2dInt8 } from '../../plugin/engine/ops/int8/luma-conv2d-int8.js';
import { type ImageType, invalidGraph } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';

/** Layers with int8 inputs, first to last: the names of their scales. */
export const int8Layers = (bodyConvs: number): readonly string[] => [
  ...Array.from({ length: bodyConvs }, (_, i) => `body.${i}`),
  'tail',
];

/** What one step of each layer's input is worth, by name; those of `int8Layers`. */
export type InputScales = Readonly<Record<string, number>>;

function scaleOf(scales: InputScales, layer: string | undefined): number {
  const scale = scales[layer ?? ''];
  if (scale === undefined) throw invalidGraph(`no input scale of ${layer}`, 'one for each int8 layer');
  return scale;
}

export interface Trunk {
  readonly channels: number;
  readonly bodyConvs: number;
  /** Pixels a cell of the map covers, each way. */
  readonly patch: number;
}

/**
 * The convolutions of `mobilevit-sr` in packed int8: frame → picture. The head rounds its modulated features, each body convolution its
 * output, to the steps of the layer that reads them.
 *
 * @param map scales and shifts of the transformer branch; none where the network has no such branch
 */
export function int8Trunk(
  graph: Graph,
  frame: Value<ImageType>,
  map: Value | undefined,
  { channels, bodyConvs, patch }: Trunk,
  scales: InputScales,
): Value<ImageType> {
  const layers = int8Layers(bodyConvs);
  const named = (name: string) => ({ weight: `${name}.weight`, bias: `${name}.bias` });
  const conv = (name: string) => ({ ...named(name), slope: `${name}.act.weight`, outChannels: channels });
  let x = lumaConv2dInt8(
    graph,
    frame,
    { ...conv('head'), factor: patch, outputScale: scaleOf(scales, layers[0]) },
    map,
  );
  for (const [i, name] of layers.slice(0, -1).entries())
    x = conv2dInt8(graph, x, {
      ...conv(name),
      inputScale: scaleOf(scales, name),
      outputScale: scaleOf(scales, layers[i + 1]),
    });
  const tail = { ...named('tail'), outChannels: 4, inputScale: scaleOf(scales, 'tail') };
  return conv2dInt8LumaResidual(graph, frame, x, tail, 'picture');
}
