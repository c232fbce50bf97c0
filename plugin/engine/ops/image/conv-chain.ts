import type { FusedNode, FusionNode, FusionTarget, Op } from '../../op.js';
import { fused, isNodeOf } from '../../op.js';
import { asImage, image, imageDims, tensor, type ValueType } from '../../tensor.js';
import type { Value } from '../../value.js';
import { conv2dOp } from '../conv2d.js';
import { type Conv2dAttrs, isPlainConv2d } from '../conv2d-filter.js';
import { selectUnrolled, type UnrollVariant } from '../unroll.js';
import { chainFits } from './chain-fit.js';
import { type ConvChainAttrs, chainVariants, lowerChain, shapeOf } from './chain-lower.js';

/**
 * Convolutions from a frame or to a picture, or both, in one dispatch: see shaders/engine/conv_chain.wgsl. Made by fusion alone, from the
 * frame forwards and from the picture backwards, as far as `chainFits` lets them.
 */
export const convChainOp: Op<ConvChainAttrs, UnrollVariant> = {
  name: 'convChain',
  infer([frame], { channels, tail }) {
    const { width, height } = asImage(frame);
    return [tail ? image(width * 2, height * 2) : tensor([height, width, channels])];
  },
  variants: ({ attrs }) => chainVariants(attrs),
  select: (problem, caps) => selectUnrolled(convChainOp.variants(problem, caps), caps),
  lower: (problem, { consts }) => [lowerChain(problem, consts)],
  absorbConsumer: extendChain,
  absorbProducer: prependLayer,
};

const is3x3 = (attrs: Conv2dAttrs): boolean =>
  isPlainConv2d(attrs) && attrs.kernel[0] === 3 && attrs.kernel[1] === 3 && !attrs.residual;

const channelsOfImage = (type: ValueType | undefined): number =>
  type?.kind === 'tensor' && type.shape.length === 3 ? imageDims(type).channels : 0;

/** The attributes of a convolution that can stand inside a chain: as many channels out as in. */
function layerOf(node: FusionNode): Conv2dAttrs | undefined {
  if (!isNodeOf(node, conv2dOp) || !is3x3(node.attrs)) return undefined;
  return channelsOfImage(node.inputs[0]?.type) === node.attrs.outChannels ? node.attrs : undefined;
}

function chain(inputs: readonly Value[], attrs: ConvChainAttrs, target: FusionTarget): FusedNode | undefined {
  const { head, layers } = attrs;
  const activations = new Set([...(head ? [head] : []), ...layers].map(({ activation }) => activation));
  return activations.size <= 1 && chainFits(shapeOf(attrs), target) ? fused(convChainOp, inputs, attrs) : undefined;
}

/** A convolution of luma takes in what follows it. */
export function startChain(
  self: FusionNode<Conv2dAttrs>,
  next: FusionNode,
  target: FusionTarget,
): FusedNode | undefined {
  if (!is3x3(self.attrs)) return undefined;
  const { inputs, outputs, attrs } = self;
  const alone: ConvChainAttrs = { channels: attrs.outChannels, head: attrs, layers: [] };
  return extendChain({ op: convChainOp, inputs, outputs, attrs: alone }, next, target);
}

/** A chain takes in the next convolution. */
function extendChain(self: FusionNode<ConvChainAttrs>, next: FusionNode, target: FusionTarget): FusedNode | undefined {
  const { attrs, inputs, outputs } = self;
  if (attrs.tail || next.inputs[0] !== outputs[0]) return undefined;
  const layer = layerOf(next);
  return layer && chain(inputs, { ...attrs, layers: [...attrs.layers, layer] }, target);
}

/** A chain to a picture takes in the convolution before it. */
function prependLayer(
  self: FusionNode<ConvChainAttrs>,
  producer: FusionNode,
  target: FusionTarget,
): FusedNode | undefined {
  const { attrs, inputs } = self;
  const [frame, x] = inputs;
  const layer = layerOf(producer);
  const [before] = producer.inputs;
  if (attrs.head || !layer || !frame || !before || producer.outputs[0] !== x) return undefined;
  return chain([frame, before], { ...attrs, layers: [layer, ...attrs.layers] }, target);
}

/** The end of a network (inputs: frame, x) takes in the chain or the convolution before it. */
export function endChain(
  self: FusionNode<Conv2dAttrs>,
  producer: FusionNode,
  target: FusionTarget,
): FusedNode | undefined {
  const [frame, x] = self.inputs;
  const tail = self.attrs;
  if (!frame || !is3x3(tail) || producer.outputs[0] !== x) return undefined;
  if (isNodeOf(producer, convChainOp)) {
    const { attrs, inputs } = producer;
    return attrs.tail || inputs[0] !== frame ? undefined : chain(inputs, { ...attrs, tail }, target);
  }
  const alone: ConvChainAttrs = { channels: channelsOfImage(x?.type), layers: [], tail };
  return prependLayer({ op: convChainOp, inputs: self.inputs, outputs: self.outputs, attrs: alone }, producer, target);
}
