import { VitreousError } from '../core/errors.js';
import type { Graph, GraphNode } from '../engine/graph.js';
import { isNodeOf } from '../engine/op.js';
import { conv2dOp } from '../engine/ops/conv2d.js';
import { type Conv2dAttrs, isPlainConv2d } from '../engine/ops/conv2d-filter.js';
import { lumaOp } from '../engine/ops/image/luma.js';
import { lumaResidualOp } from '../engine/ops/image/luma-residual.js';
import { asTensor, groupsOf, imageDims } from '../engine/tensor.js';
import { packDense } from '../engine/weights/pack/filter.js';
import { padded, type WeightSource } from '../engine/weights/source.js';

/** Most channel groups a fragment writes: what every WebGL 2 has (WebGL 2 §3.7.11 MAX_DRAW_BUFFERS). */
const mostTargets = 4;

/** A convolution, or those of its channel groups that one pass computes. */
export interface ConvPass {
  /** Name of the value in the graph. */
  readonly name: string;
  /** Value it reads; undefined: the frame's luma. */
  readonly from: number | undefined;
  readonly inGroups: number;
  /** Value it writes: so many groups of 4 channels, of which this pass computes `count` from `first` on. */
  readonly to: number;
  readonly outGroups: number;
  readonly first: number;
  readonly count: number;
  readonly kernel: readonly [height: number, width: number];
  readonly prelu: boolean;
  /** The uniform block of conv2d.glsl. */
  readonly weights: Float32Array;
}

/** A network as passes, in order; then the residual, a value of one group, makes the picture. */
export interface Passes {
  readonly convs: readonly ConvPass[];
  readonly residual: number;
}

/** Floats of a pass's uniform block: weights, bias and slope. */
function blockLength(count: number, taps: number, inGroups: number | undefined): number {
  const perTap = inGroups === undefined ? 4 : inGroups * 16;
  return count * (taps * perTap + 8);
}

/** [out group][ky][kx] of 4 outputs: a filter of one channel. */
function packLuma(values: Float32Array, outChannels: number, taps: number): Float32Array {
  const out = new Float32Array(Math.ceil(outChannels / 4) * taps * 4);
  for (let o = 0; o < outChannels; o++)
    for (let k = 0; k < taps; k++) out[((o >> 2) * taps + k) * 4 + (o & 3)] = values[o * taps + k] ?? 0;
  return out;
}

function convPasses(
  node: GraphNode,
  attrs: Conv2dAttrs,
  from: number | undefined,
  { source, maxBlockBytes }: LowerOptions,
): readonly ConvPass[] {
  const [x, y] = [node.inputs[0], node.outputs[0]];
  if (!x || !y) throw unsupported(node.name, 'a convolution without input');
  const { outChannels, kernel, bias, weight } = attrs;
  const taps = kernel[0] * kernel[1];
  const inChannels = imageDims(x.type).channels;
  const values = source.get(weight, [outChannels, inChannels, ...kernel]);
  const main =
    from === undefined
      ? packLuma(values, outChannels, taps)
      : packDense(values, { inChannels, outChannels, groups: 1, kernel });
  const prelu = attrs.activation === 'prelu';
  const vector = (name: string | undefined): Float32Array =>
    name === undefined ? new Float32Array(outGroups * 4) : padded(source.get(name, [outChannels]));
  const inGroups = groupsOf(asTensor(x.type));
  const outGroups = Math.ceil(outChannels / 4);
  const [biases, slopes] = [vector(bias), vector(prelu ? attrs.slope : undefined)];
  const lengthOf = (count: number) => blockLength(count, taps, from === undefined ? undefined : inGroups);
  let most = Math.min(mostTargets, outGroups);
  while (most > 1 && lengthOf(most) * 4 > maxBlockBytes) most--;
  if (lengthOf(most) * 4 > maxBlockBytes) throw unsupported(node.name, `weights of ${lengthOf(most) * 4} bytes`);
  const passes: ConvPass[] = [];
  for (let first = 0; first < outGroups; first += most) {
    const count = Math.min(most, outGroups - first);
    const weights = new Float32Array(lengthOf(count));
    const part = (all: Float32Array) => {
      const perGroup = all.length / outGroups;
      return all.subarray(first * perGroup, (first + count) * perGroup);
    };
    weights.set(part(main));
    weights.set(part(biases), weights.length - count * 8);
    weights.set(part(slopes), weights.length - count * 4);
    passes.push({ name: y.name, from, inGroups, to: y.id, outGroups, first, count, kernel, prelu, weights });
  }
  return passes;
}

export interface LowerOptions {
  readonly source: WeightSource;
  /** Most bytes of a uniform block. */
  readonly maxBlockBytes: number;
}

/**
 * A super-resolution network of convolutions as passes: the same graph and weights that WebGPU runs. Pure.
 *
 * @throws VitreousError `webgpu-unavailable` for a network with anything else in it; `weights-*`.
 */
export function lowerNetwork(graph: Graph, options: LowerOptions): Passes {
  const lumas = new Set<number>();
  const convs: ConvPass[] = [];
  for (const node of graph.nodes) {
    const [input, second] = node.inputs;
    const [output] = node.outputs;
    if (isNodeOf(node, lumaOp) && output) lumas.add(output.id);
    else if (isNodeOf(node, conv2dOp) && input && isPlain(node.attrs))
      convs.push(...convPasses(node, node.attrs, lumas.has(input.id) ? undefined : input.id, options));
    else if (isNodeOf(node, lumaResidualOp) && second) return { convs, residual: second.id };
    else throw unsupported(node.name, `the operation '${node.op.name}'`);
  }
  throw unsupported('picture', 'a network without a picture');
}

function isPlain(attrs: Conv2dAttrs): boolean {
  const { activation, residual } = attrs;
  return isPlainConv2d(attrs) && !residual && (activation === undefined || activation === 'prelu');
}

function unsupported(name: string, found: string): VitreousError {
  return new VitreousError({
    code: 'webgpu-unavailable',
    stage: 'upscale',
    found: `${found} at '${name}', in WebGL`,
    expected: 'a network of convolutions alone, or WebGPU',
    fix: "Use quality 'auto' or 'S' where there is no WebGPU; the native video plays on.",
  });
}
