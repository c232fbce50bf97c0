import { shader } from '../../../../shaders/engine/conv_chain.wgsl';
import { shader as activationPrelude } from '../../../../shaders/prelude/activation.wgsl';
import { shader as bilinearPrelude } from '../../../../shaders/prelude/bilinear_x2.wgsl';
import { shader as dimsPrelude } from '../../../../shaders/prelude/chain_dims.wgsl';
import { shader as fromFramePrelude } from '../../../../shaders/prelude/chain_from_frame.wgsl';
import { shader as fromMapPrelude } from '../../../../shaders/prelude/chain_from_map.wgsl';
import { shader as toMapPrelude } from '../../../../shaders/prelude/chain_to_map.wgsl';
import { shader as toPicturePrelude } from '../../../../shaders/prelude/chain_to_picture.wgsl';
import { shader as framePrelude } from '../../../../shaders/prelude/frame.wgsl';
import { shader as lumaPrelude } from '../../../../shaders/prelude/luma.wgsl';
import type { Consts } from '../../../gpu/kernel.js';
import { kernelOf } from '../../../gpu/shader.js';
import { dispatch } from '../../dispatch.js';
import { ceilDiv, type Dispatch, type Footprint, input, output, type Problem, reads, weights } from '../../op.js';
import { asImage } from '../../tensor.js';
import { epilogueConsts } from '../epilogue.js';
import type { UnrollVariant } from '../unroll.js';
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

function chainKernel({ head, tail }: ConvChainAttrs) {
  const start = head ? fromFramePrelude : fromMapPrelude;
  const end = tail ? [bilinearPrelude, toPicturePrelude] : [toMapPrelude];
  return kernelOf('conv_chain', shader, {
    preludes: [dimsPrelude, framePrelude, activationPrelude, lumaPrelude, start, ...end],
    dims: dimsPrelude,
    tiles: true,
  });
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

export function chainVariants(attrs: ConvChainAttrs): readonly UnrollVariant[] {
  const shape = shapeOf(attrs);
  const first = attrs.head ?? attrs.layers[0];
  const consts = {
    ACTIVATION: epilogueConsts(first?.activation ? { activation: first.activation } : {}).ACTIVATION,
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
  return dispatch({
    kernel: chainKernel(attrs),
    consts,
    uniforms: {
      size: [width, height],
      layers: layers.length,
      taps: 3,
      groups: channels / 4,
      strength: strengthParam,
    },
    bindings: [packed, input(0), head ? packed : input(1), output()],
    workgroups: [ceilDiv(width, chainTile), ceilDiv(height, chainTile), 1],
    macs: macsOf(problem),
    footprint: footprintOf(attrs),
  });
}
