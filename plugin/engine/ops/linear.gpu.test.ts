import { testOpGoldens } from '../testing/golden.js';
import { type LinearAttrs, linear, linearOp } from './linear.js';

testOpGoldens({
  op: linearOp,
  build(graph, golden, input) {
    const attrs = {
      ...golden.attrs,
      weight: 'weight',
      ...(golden.has('bias') ? { bias: 'bias' } : {}),
      ...(golden.has('slope') ? { slope: 'slope' } : {}),
    } as LinearAttrs; // The generator writes the attributes of this op.
    return [linear(graph, input('x'), attrs, golden.has('residual') ? input('residual') : undefined)];
  },
});
