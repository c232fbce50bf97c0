import type { Graph } from '../graph.js';
import type { Op } from '../op.js';
import type { TensorType } from '../tensor.js';
import { type GoldenCase, loadGoldens, testOpGoldens } from '../testing/golden.js';
import type { Value } from '../value.js';
import { concat, concatOp } from './concat.js';
import { permute, permuteOp } from './permute.js';
import { pixelShuffle, pixelShuffleOp, pixelUnshuffle, pixelUnshuffleOp } from './pixel-shuffle.js';
import { reshape, reshapeOp, reshapeViewOp } from './reshape.js';
import { slice, sliceOp } from './slice.js';
import { split, splitOp } from './split.js';
import { fold, foldOp, unfold, unfoldOp } from './unfold.js';
import { windowPartition, windowPartitionOp, windowReverse, windowReverseOp } from './window.js';

const goldens = loadGoldens('rearrange');
// Inputs are exact in f16 and are only moved: nothing may differ.
const within = () => () => 0;

const casesOf = (name: string): readonly GoldenCase[] => goldens.filter(({ attrs }) => attrs.op === name);

/** Tests an op of one input against its cases of the file. The generator writes the attributes of the op that `attrs.op` names. */
function testMove<A, B>(
  op: Op<A>,
  name: string,
  build: (graph: Graph, x: Value<TensorType>, attrs: B, name: string) => Value,
): void {
  testOpGoldens({
    op,
    cases: casesOf(name),
    build: (graph, golden, input) => [build(graph, input('x'), golden.attrs as B, name)],
    within,
  });
}

testMove(reshapeOp, 'reshape', reshape);
testMove(reshapeViewOp, 'reshapeView', reshape);
testMove(permuteOp, 'permute', permute);
testMove(unfoldOp, 'unfold', unfold);
testMove(foldOp, 'fold', fold);
testMove(windowPartitionOp, 'windowPartition', windowPartition);
testMove(windowReverseOp, 'windowReverse', windowReverse);
testMove(pixelShuffleOp, 'pixelShuffle', pixelShuffle);
testMove(pixelUnshuffleOp, 'pixelUnshuffle', pixelUnshuffle);
testMove(sliceOp, 'slice', slice);

testOpGoldens({
  op: concatOp,
  cases: casesOf('concat'),
  build(graph, golden, input) {
    const names = Array.from({ length: 8 }, (_, i) => `x${i}`).filter((name) => golden.has(name));
    return [concat(graph, names.map(input), { axis: Number(golden.attrs.axis) }, 'concat')];
  },
  within,
});

testOpGoldens({
  op: splitOp,
  cases: casesOf('split'),
  build(graph, golden, input) {
    const { axis, sizes } = golden.attrs as { axis: number; sizes: number[] };
    return split(graph, input('x'), { axis, sizes }, 'split');
  },
  outputs: ['y0', 'y1', 'y2'],
  within,
});
