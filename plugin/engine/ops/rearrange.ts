import { shader } from '../../../shaders/engine/rearrange.wgsl';
import { shader as lanesPrelude } from '../../../shaders/prelude/lanes.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import { type Dispatch, input, type Op, output, type Variant } from '../op.js';
import { asTensor, channelsOf, groupsOf, invalidGraph, rowsOf, type TensorType, tensor } from '../tensor.js';
import { gridOf } from './grid.js';

const kernel = kernelOf('rearrange', shader, { preludes: [lanesPrelude] });

/** A place, or a step, in a tensor of up to four dimensions: three leading ones (1 where absent), then channels. */
export type Coordinate = readonly [d0: number, d1: number, d2: number, channel: number];

/** A counter of an output axis: when it goes up by one, the place in the source moves by `step`. */
export interface Counter {
  readonly count: number;
  readonly step: Coordinate;
}

/** Output axes as nested counters, slowest first, at most three an axis. The slowest may count further than the axis is long. */
export interface Rearrangement {
  readonly shape: readonly number[];
  /** One list for each dimension of `shape` seen as four: `[d0, d1, d2, channels]`. */
  readonly axes: readonly [readonly Counter[], readonly Counter[], readonly Counter[], readonly Counter[]];
  readonly origin?: Coordinate;
  /** What is read past the source's end. Default `zero`. */
  readonly edge?: 'zero' | 'replicate';
}

/** A shape as four dimensions. @throws VitreousError `graph-invalid` above rank 4. */
export function dims4(shape: readonly number[]): Coordinate {
  if (shape.length > 4) throw invalidGraph(`rank ${shape.length}`, 'at most 4 dimensions');
  const [d0 = 1, d1 = 1, d2 = 1, d3 = 1] = [...Array<number>(4 - shape.length).fill(1), ...shape];
  return [d0, d1, d2, d3];
}

export const still: Coordinate = [0, 0, 0, 0];

/** A counter along one dimension of the source. */
export const along = (dimension: 0 | 1 | 2 | 3, count: number, stride = 1): Counter => ({
  count,
  step: [
    dimension === 0 ? stride : 0,
    dimension === 1 ? stride : 0,
    dimension === 2 ? stride : 0,
    dimension === 3 ? stride : 0,
  ],
});

/** Whether groups of four channels stay together, so that one read serves four lanes. */
function keepsGroups({ axes, origin = still }: Rearrangement): boolean {
  const [d0, d1, d2, channels] = axes;
  const inOrder = channels.every(({ step }, i) => i === channels.length - 1 && step.join() === '0,0,0,1');
  return inOrder && origin[3] % 4 === 0 && [...d0, ...d1, ...d2].every(({ step }) => step[3] === 0);
}

const lanes: Variant = { id: 'lanes', consts: { WHOLE_GROUPS: false } };
const wholeGroups: Variant = { id: 'groups', consts: { WHOLE_GROUPS: true } };

export const rearrangeVariants = (maps: readonly Rearrangement[]): readonly Variant[] =>
  maps.every(keepsGroups) ? [lanes, wholeGroups] : [lanes];

export const selectRearrange = (maps: readonly Rearrangement[]): Variant =>
  maps.every(keepsGroups) ? wholeGroups : lanes;

/** The counters of an axis as the kernel's `Axis`. */
function axisOf(counters: readonly Counter[]) {
  if (counters.length > 3) throw invalidGraph(`${counters.length} counters on one axis`, 'at most 3');
  const none: Counter = { count: 1, step: still };
  const [high = none, middle = none, low = none] = [...Array<Counter>(3 - counters.length).fill(none), ...counters];
  return {
    high: high.step,
    middle: middle.step,
    low: low.step,
    middleCount: middle.count,
    lowCount: low.count,
  };
}

/** The dispatch that writes output `index` of a node whose input 0 is `x`. */
export function rearrangeDispatch(x: TensorType, map: Rearrangement, variant: Variant, index = 0): Dispatch {
  const y = tensor(map.shape);
  const count = rowsOf(y) * groupsOf(y);
  const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
  const [d0, d1, d2] = dims4(y.shape);
  const [a0, a1, a2, channelAxis] = map.axes;
  return dispatch({
    kernel,
    consts: variant.consts,
    uniforms: {
      axes: [axisOf(a0), axisOf(a1), axisOf(a2), axisOf(channelAxis)],
      size: [d0, d1, d2, groupsOf(y)],
      source: dims4(x.shape),
      origin: map.origin ?? still,
      sourceGroups: groupsOf(x),
      channels: channelsOf(y),
      count,
      stride,
      replicate: map.edge === 'replicate' ? 1 : 0,
    },
    bindings: [input(0), output(index)],
    workgroups,
    macs: 0,
    footprint: 'whole',
  });
}

/** Numbers only: indices have another storage size than the copy kernels'. */
export function realTensor(type: Parameters<typeof asTensor>[0], op: string): TensorType {
  const x = asTensor(type);
  if (x.dtype !== 'real') throw invalidGraph(`${op} of ${x.dtype} numbers`, 'real numbers');
  return x;
}

/** An op that is one copy under another order. */
export function rearrangeOp<A>(name: string, mapOf: (x: TensorType, attrs: A) => Rearrangement): Op<A> {
  return {
    name,
    infer: ([x], attrs) => [tensor(mapOf(realTensor(x, name), attrs).shape)],
    variants: ({ inputs, attrs }) => rearrangeVariants([mapOf(asTensor(inputs[0]), attrs)]),
    select: ({ inputs, attrs }) => selectRearrange([mapOf(asTensor(inputs[0]), attrs)]),
    lower({ inputs, attrs }, variant) {
      const x = asTensor(inputs[0]);
      return [rearrangeDispatch(x, mapOf(x, attrs), variant)];
    },
  };
}
