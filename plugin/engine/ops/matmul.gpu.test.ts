import { testOpGoldens } from '../testing/golden.js';
import { type MatmulAttrs, matmul, matmulOp } from './matmul.js';

testOpGoldens({
  op: matmulOp,
  // The generator writes the attributes of this op.
  build: (graph, golden, input) => [matmul(graph, input('a'), input('b'), golden.attrs as MatmulAttrs, 'y')],
});
