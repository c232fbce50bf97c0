import { loadGoldens, testOpGoldens } from '../testing/golden.js';
import { add, addOp, mul, mulOp } from './broadcast.js';

const goldens = loadGoldens('broadcast');

testOpGoldens({
  op: addOp,
  cases: goldens.filter(({ attrs }) => attrs.op === 'add'),
  build: (graph, _golden, input) => [add(graph, input('a'), input('b'), 'y')],
});

testOpGoldens({
  op: mulOp,
  cases: goldens.filter(({ attrs }) => attrs.op === 'mul'),
  build: (graph, _golden, input) => [mul(graph, input('a'), input('b'), 'y')],
});
