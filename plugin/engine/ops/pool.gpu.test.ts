import { loadGoldens, testOpGoldens, tolerance } from '../testing/golden.js';
import { globalAveragePool, globalAveragePoolOp } from './global-average-pool.js';
import { type PoolAttrs, pool, poolOp } from './pool.js';

const goldens = loadGoldens('pool');
const casesOf = (mode: string) => goldens.filter(({ attrs }) => attrs.mode === mode);

// A mean of n numbers: n - 1 sums and one division of 2.5 ULP (WGSL §15.7.4), i.e. 5 roundings; `tolerance` counts 2 a term.
const withinMean = ({ length, magnitude }: { length: number; magnitude: number }, precision: 'f32' | 'f16') =>
  tolerance(precision, { length: (length + 4) / 2, magnitude }, 1);

testOpGoldens({
  op: poolOp,
  cases: casesOf('max'),
  // The generator writes the attributes of this op, here and below.
  build: (graph, golden, input) => [pool(graph, input('x'), golden.attrs as unknown as PoolAttrs, 'pool')],
  // One of the inputs, which f16 holds exactly.
  within: () => () => 0,
});

testOpGoldens({
  op: poolOp,
  cases: casesOf('average'),
  build: (graph, golden, input) => [pool(graph, input('x'), golden.attrs as unknown as PoolAttrs, 'pool')],
  within: withinMean,
});

testOpGoldens({
  op: globalAveragePoolOp,
  cases: casesOf('global'),
  build: (graph, _golden, input) => [globalAveragePool(graph, input('x'), 'pool')],
  within: withinMean,
});
