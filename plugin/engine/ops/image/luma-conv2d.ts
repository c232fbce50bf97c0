import { shader } from '../../../../shaders/engine/luma_conv2d.wgsl';
import { shader as rowsShader } from '../../../../shaders/engine/luma_conv2d_rows.wgsl';
import { shader as activationPrelude } from '../../../../shaders/prelude/activation.wgsl';
import { shader as lanesPrelude } from '../../../../shaders/prelude/lanes.wgsl';
import { shader as lumaPrelude } from '../../../../shaders/prelude/luma.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import {
  ceilDiv,
  type Dispatch,
  input,
  type Op,
  output,
  type Problem,
  reads,
  type Variant,
  weights,
} from '../../op.js';
import { asImage, tensor } from '../../tensor.js';
import { lumaFilter } from '../../weights/pack/filter.js';
import { vectorOrZeros } from '../../weights/pack/vector.js';
import { type PackedWeights, packedWeights } from '../../weights/packing.js';
import type { Conv2dAttrs } from '../conv2d-filter.js';
import { epilogueConsts, packWithEpilogue } from '../epilogue.js';
import { stripGrid, stripRows, stripTile } from '../strip.js';
import { selectUnrolled } from '../unroll.js';
import { startChain } from './conv-chain.js';

const parts = { preludes: [lanesPrelude, activationPrelude, lumaPrelude], tiles: true };
const kernel = kernelOf('luma_conv2d', shader, parts);
const rowsKernel = kernelOf('luma_conv2d_rows', rowsShader, parts);

const macsOf = ({ inputs, attrs }: Problem<Conv2dAttrs>): number => {
  const { width, height } = asImage(inputs[0]);
  return width * height * attrs.outChannels * attrs.kernel[0] * attrs.kernel[1];
};

function lowerWhole(problem: Problem<Conv2dAttrs>, consts: LoopConsts): Dispatch {
  const { inputs, attrs } = problem;
  const { width, height } = asImage(inputs[0]);
  const [kh, kw] = attrs.kernel;
  const [py, px] = attrs.padding ?? [0, 0];
  const groups = ceilDiv(attrs.outChannels, 4);
  const { weight, outChannels } = attrs;
  const main = lumaFilter({ weight, outChannels, kernel: [kh, kw] });
  const { packed, biasAt, slopeAt } = packWithEpilogue(attrs, outChannels, main);
  return dispatch({
    kernel,
    consts,
    uniforms: {
      size: [width, height],
      kernelSize: [kw, kh],
      padding: [px, py],
      outGroups: groups,
      outChannels: attrs.outChannels,
      biasAt,
      slopeAt,
    },
    bindings: [weights(packed), input(0), output()],
    workgroups: covering(kernel, width, height, ceilDiv(groups, consts.OUT_TILE)),
    macs: macsOf(problem),
    footprint: {
      tile: [kernel.workgroup[0], kernel.workgroup[1]],
      inputs: [reads((Math.max(kh, kw) - 1) / 2)],
    },
  });
}

/** [ky][kx][out group], bias a group and slope a group, of `count` groups from `first` on. */
function packTile(
  { weight, bias, slope, activation, outChannels }: Conv2dAttrs,
  first: number,
  count: number,
): PackedWeights {
  const slice = { first: first * 4, count: count * 4 };
  return packedWeights(
    lumaFilter({ weight, outChannels, kernel: [3, 3], outGroups: { first, count } }),
    vectorOrZeros(bias, outChannels, slice),
    vectorOrZeros(activation === 'prelu' ? slope : undefined, outChannels, slice),
  );
}

/** One dispatch an out tile: see shaders/engine/luma_conv2d_rows.wgsl. */
function lowerRows(problem: Problem<Conv2dAttrs>, consts: RowsVariant['consts']): readonly Dispatch[] {
  const { inputs, attrs } = problem;
  const { width, height } = asImage(inputs[0]);
  const groups = ceilDiv(attrs.outChannels, 4);
  const tile = consts.OUT_TILE;
  const shared = { size: [width, height], outGroups: groups, outChannels: attrs.outChannels, rows: stripRows } as const;
  return Array.from({ length: groups / tile }, (_, i) =>
    dispatch({
      kernel: rowsKernel,
      consts,
      uniforms: { ...shared, firstGroup: i * tile },
      bindings: [weights(packTile(attrs, i * tile, tile)), input(0), output()],
      workgroups: [...stripGrid(width, height), 1],
      macs: (macsOf(problem) * tile) / groups,
      footprint: { tile: stripTile, inputs: [reads(1)] },
    }),
  );
}

type LoopConsts = {
  readonly ACTIVATION: number;
  readonly RESIDUAL: number;
  readonly UNROLL: boolean;
  readonly KERNEL_H: number;
  readonly KERNEL_W: number;
  readonly OUT_TILE: number;
};
type WholeVariant = Variant<LoopConsts> & { readonly form: 'whole' };
type RowsVariant = Variant<{ readonly ACTIVATION: number; readonly OUT_TILE: number }> & { readonly form: 'rows' };
type LumaConv2dVariant = WholeVariant | RowsVariant;

const isWhole = (variant: LumaConv2dVariant): variant is WholeVariant => variant.form === 'whole';

/** What `luma` and a convolution fuse to. Input: the frame. */
export const lumaConv2dOp: Op<Conv2dAttrs, LumaConv2dVariant> = {
  name: 'lumaConv2d',
  infer([frame], attrs) {
    const { width, height } = asImage(frame);
    return [tensor([height, width, attrs.outChannels])];
  },
  variants({ attrs }) {
    const [kh, kw] = attrs.kernel;
    const groups = ceilDiv(attrs.outChannels, 4);
    const epilogue = epilogueConsts({ ...(attrs.activation ? { activation: attrs.activation } : {}) });
    const loop = { ...epilogue, UNROLL: false, KERNEL_H: 1, KERNEL_W: 1, OUT_TILE: Math.min(groups, 4) };
    const tile = [4, 3, 2].find((count) => groups % count === 0) ?? 1;
    return [
      { form: 'whole', id: 'loop', consts: loop },
      { form: 'whole', id: 'unroll', consts: { ...loop, UNROLL: true, KERNEL_H: kh, KERNEL_W: kw } },
      ...(kh === 3 && kw === 3
        ? ([{ form: 'rows', id: 'rows', consts: { ACTIVATION: epilogue.ACTIVATION, OUT_TILE: tile } }] as const)
        : []),
    ];
  },
  select(problem, caps) {
    const legal = lumaConv2dOp.variants(problem, caps);
    const rows = caps.software ? legal.find(({ form }) => form === 'rows') : undefined;
    return rows ?? selectUnrolled(legal.filter(isWhole), caps);
  },
  absorbConsumer: startChain,
  lower: (problem, variant) =>
    isWhole(variant) ? [lowerWhole(problem, variant.consts)] : lowerRows(problem, variant.consts),
};
