import source from '../../../../shaders/engine/conv_chain.wgsl';
import activationPrelude from '../../../../shaders/prelude/activation.wgsl';
import bilinearPrelude from '../../../../shaders/prelude/bilinear_x2.wgsl';
import dimsPrelude from '../../../../shaders/prelude/chain_dims.wgsl';
import fromFramePrelude from '../../../../shaders/prelude/chain_from_frame.wgsl';
import fromMapPrelude from '../../../../shaders/prelude/chain_from_map.wgsl';
import toMapPrelude from '../../../../shaders/prelude/chain_to_map.wgsl';
import toPicturePrelude from '../../../../shaders/prelude/chain_to_picture.wgsl';
import framePrelude from '../../../../shaders/prelude/frame.wgsl';
import lumaPrelude from '../../../../shaders/prelude/luma.wgsl';
import type { Consts, Kernel } from '../../../gpu/kernel.js';
import {
  ceilDiv,
  type Dispatch,
  type Footprint,
  input,
  output,
  type Problem,
  reads,
  type Variant,
  weights,
} from '../../op.js';
import { asImage } from '../../tensor.js';
import { epilogueConsts } from '../epilogue.js';
import { type ChainShape, chainTile, heldOf, marginOf } from './chain-fit.js';
import { type ChainLayers, packChain } from './chain-weights.js';
import { strengthParam } from './strength.js';

/** Inputs: the frame; then the features the chain starts from where it has no head. */
export interface ConvChainAttrs extends ChainLayers {
  readonly channels: number;
}

export const shapeOf = ({ channels, head, layers, tail }: ConvChainAttrs): ChainShape => ({
  channels,
  head: head !== undefined,
  layers: layers.length,
  tail: tail !== undefined,
});

function kernelOf({ head, tail }: ConvChainAttrs): Kernel {
  const start = head ? fromFramePrelude : fromMapPrelude;
  const end = tail ? [bilinearPrelude, toPicturePrelude] : [toMapPrelude];
  return {
    name: 'conv_chain',
    source,
    preludes: [dimsPrelude, framePrelude, activationPrelude, lumaPrelude, start, ...end],
    bindings: [
      'uniform',
      'storage-read',
      'texture',
      'storage-read',
      tail ? 'storage-texture-rgba8unorm' : 'storage-write',
    ],
    tiles: true,
  };
}

function macsOf({ inputs, attrs }: Problem<ConvChainAttrs>): number {
  const { width, height } = asImage(inputs[0]);
  const { channels, head, layers, tail } = attrs;
  const first = head ? channels * 9 : 0;
  return width * height * (first + layers.length * 9 * channels * channels + (tail ? 4 * (9 * channels + 9) : 0));
}

function footprintOf(attrs: ConvChainAttrs): Footprint {
  const margin = marginOf(shapeOf(attrs));
  const { head, tail } = attrs;
  const scale = tail ? 0.5 : 1;
  const side = chainTile / scale;
  const frame = reads(head ? margin + 1 : 1, scale);
  return { tile: [side, side], inputs: head ? [frame] : [frame, reads(margin, scale)] };
}

export function chainVariants(attrs: ConvChainAttrs): readonly Variant[] {
  const shape = shapeOf(attrs);
  const first = attrs.head ?? attrs.layers[0];
  const consts = {
    ACTIVATION: epilogueConsts(first?.activation ? { activation: first.activation } : {}).ACTIVATION ?? 0,
    GROUPS: attrs.channels / 4,
    HEAD: shape.head,
    TAIL: shape.tail,
    TILE: chainTile,
    MARGIN: marginOf(shape),
    HELD: heldOf(shape),
  };
  return [
    { id: 'loop', consts: { ...consts, UNROLL: false } },
    { id: 'unroll', consts: { ...consts, UNROLL: true } },
  ];
}

export function lowerChain(problem: Problem<ConvChainAttrs>, consts: Consts): Dispatch {
  const { inputs, attrs } = problem;
  const { width, height } = asImage(inputs[0]);
  const { head, layers, channels } = attrs;
  const packed = weights(packChain(attrs, channels));
  return {
    kernel: kernelOf(attrs),
    consts,
    uniforms: [width, height, layers.length, 3, channels / 4, strengthParam],
    bindings: [packed, input(0), head ? packed : input(1), output()],
    workgroups: [ceilDiv(width, chainTile), ceilDiv(height, chainTile), 1],
    macs: macsOf(problem),
    footprint: footprintOf(attrs),
  };
}
