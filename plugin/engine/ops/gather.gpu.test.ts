import { testOpGoldens } from '../testing/golden.js';
import { gather, gatherOp } from './gather.js';

testOpGoldens({
  op: gatherOp,
  build: (graph, _golden, input) => [gather(graph, input('x'), input('index'), 'y')],
  // A copy.
  within: () => () => 0,
});
