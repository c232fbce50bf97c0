import type { Graph } from '../../plugin/engine/graph.js';
import { activation } from '../../plugin/engine/ops/activation.js';
import { mul } from '../../plugin/engine/ops/broadcast.js';
import { concat } from '../../plugin/engine/ops/concat.js';
import { globalAveragePool } from '../../plugin/engine/ops/global-average-pool.js';
import { centrePeaks } from '../../plugin/engine/ops/region/centre-peaks.js';
import { resize } from '../../plugin/engine/ops/resize.js';
import { imageDims, type TensorType } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { conv } from './layers.js';

// CenterNet (Zhou et al. 2019) on MobileNetV3 (Howard et al. 2019), as models/training/promptvit/centernet.py describes it.

type Swish = 'relu' | 'hard-swish';

interface Block {
  /** Channels inside; 0: as many as come in, not expanded. */
  readonly inner: number;
  readonly kernel: number;
  readonly stride: number;
  readonly channels: number;
  /** Channels of the squeeze-and-excitation; 0: none. */
  readonly squeeze: number;
  readonly activation: Swish;
}

const trunk: readonly Block[] = (
  [
    [0, 3, 1, 16, 0, 'relu'],
    [64, 3, 2, 24, 0, 'relu'],
    [72, 3, 1, 24, 0, 'relu'],
    [72, 5, 2, 32, 24, 'relu'],
    [96, 5, 1, 32, 24, 'relu'],
    [96, 5, 1, 32, 24, 'relu'],
    [192, 3, 2, 64, 0, 'hard-swish'],
    [160, 3, 1, 64, 0, 'hard-swish'],
    [144, 3, 1, 64, 0, 'hard-swish'],
    [144, 3, 1, 64, 0, 'hard-swish'],
    [384, 3, 1, 88, 96, 'hard-swish'],
    [528, 3, 1, 88, 136, 'hard-swish'],
    [528, 5, 2, 120, 136, 'hard-swish'],
    [720, 5, 1, 120, 184, 'hard-swish'],
    [720, 5, 1, 120, 184, 'hard-swish'],
  ] as const
).map(([inner, kernel, stride, channels, squeeze, act]) => ({
  inner,
  kernel,
  stride,
  channels,
  squeeze,
  activation: act,
}));

const stemChannels = 16;
const topChannels = 480;
/** Classes of COCO: what the detector was taught to see. */
const classes = 80;
/** Channels of the last map's squeeze-and-excitation. */
const lastSqueeze = 32;

/** What goes sideways from the trunk to the path back up, finest last: channels between, and of the result. */
const laterals = [
  { stride: 16, inner: 22, channels: 128 },
  { stride: 8, inner: 24, channels: 96 },
  { stride: 4, inner: 18, channels: 64 },
] as const;

/** x weighted channel by channel by what all of it looks like (squeeze-and-excitation, Hu et al. 2018). */
function excite(
  graph: Graph,
  x: Value<TensorType>,
  name: string,
  squeeze: number,
  gateActivation: 'relu6' | 'sigmoid',
): Value<TensorType> {
  const { channels } = imageDims(x.type);
  const mean = globalAveragePool(graph, x, `${name}.mean`);
  const reduced = conv(graph, mean, `${name}.reduce`, { channels: squeeze, activation: 'relu' });
  const gate = conv(graph, reduced, `${name}.expand`, { channels, activation: gateActivation });
  return mul(graph, x, gate, `${name}.gated`);
}

interface BlockMaps {
  readonly out: Value<TensorType>;
  /** What the block expanded to. */
  readonly wide: Value<TensorType>;
}

/** The hard sigmoid's shift and its sixth lie in the weights around it, so that its gate is a ReLU6. */
function bottleneck(graph: Graph, x: Value<TensorType>, name: string, block: Block): BlockMaps {
  const { kernel, stride, squeeze } = block;
  const { channels } = imageDims(x.type);
  const act = { activation: block.activation };
  const wide = block.inner > 0 ? conv(graph, x, `${name}.expand`, { channels: block.inner, ...act }) : x;
  const inner = imageDims(wide.type).channels;
  const filtered = conv(graph, wide, `${name}.depthwise`, { channels: inner, kernel, stride, depthwise: true, ...act });
  const excited = squeeze > 0 ? excite(graph, filtered, `${name}.squeeze`, squeeze, 'relu6') : filtered;
  const isResidual = stride === 1 && channels === block.channels;
  const out = conv(graph, excited, `${name}.project`, { channels: block.channels }, isResidual ? x : undefined);
  return { out, wide };
}

function separable(
  graph: Graph,
  x: Value<TensorType>,
  name: string,
  kernel: number,
  channels: number,
  residual?: Value,
): Value<TensorType> {
  const own = imageDims(x.type).channels;
  const filtered = conv(graph, x, `${name}.depthwise`, { channels: own, kernel, depthwise: true });
  return conv(graph, filtered, `${name}.pointwise`, { channels }, residual);
}

/**
 * The box detector: `pixels` [H, W, 3], normalised, sides multiples of 32 → `peaks` [H / 4, W / 4, 6]: of each cell the logit of the
 * likeliest thing centred there, its class among COCO's 80, and the distances to left, top, right and bottom in units of 16 pixels; see
 * `centrePeaks`.
 */
export function boxes(graph: Graph, pixels: Value): Value<TensorType> {
  let x = conv(graph, pixels, 'boxes.stem', { channels: stemChannels, kernel: 3, stride: 2, activation: 'hard-swish' });
  const sideways: Partial<Record<4 | 8 | 16, Value<TensorType>>> = {};
  for (const [i, block] of trunk.entries()) {
    const { out, wide } = bottleneck(graph, x, `boxes.blocks.${i}`, block);
    x = out;
    if (i === 3) sideways[4] = wide;
    if (i === 5) sideways[8] = wide;
    if (i === 11) sideways[16] = out;
  }
  let y = conv(graph, x, 'boxes.top', { channels: topChannels, activation: 'hard-swish' });
  for (const { stride, inner, channels } of laterals) {
    const from = sideways[stride] ?? x;
    const name = `boxes.lateral.${stride}`;
    const reduced = conv(graph, from, `${name}.reduce`, { channels: inner, activation: 'relu' });
    const filtered = conv(graph, reduced, `${name}.depthwise`, { channels: inner, kernel: 5, depthwise: true });
    const lateral = conv(graph, filtered, `${name}.expand`, { channels });
    const up = `boxes.up.${stride * 2}`;
    const near = separable(graph, y, `${up}.near`, 3, channels);
    const both = separable(graph, y, `${up}.far`, 5, channels, near);
    const { height, width } = imageDims(lateral.type);
    const larger = resize(graph, both, { mode: 'bilinear-corner', size: [height, width] }, `${up}.larger`);
    const joined = concat(graph, [lateral, larger], { axis: -1 }, `${name}.joined`);
    y = activation(graph, joined, { activation: 'relu' }, `${name}.relu`);
  }
  const last = excite(graph, y, 'boxes.squeeze', lastSqueeze, 'sigmoid');
  const names = separable(graph, last, 'boxes.names', 3, classes);
  return centrePeaks(graph, names, separable(graph, last, 'boxes.sides', 3, 4), 'peaks');
}
