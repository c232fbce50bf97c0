import { testOpGoldens } from '../testing/golden.js';
import { type Conv2dAttrs, conv2d, conv2dOp } from './conv2d.js';

testOpGoldens({
  op: conv2dOp,
  build(graph, golden, input) {
    const attrs = {
      ...golden.attrs,
      weight: 'weight',
      ...(golden.has('bias') ? { bias: 'bias' } : {}),
      ...(golden.has('slope') ? { slope: 'slope' } : {}),
    } as Conv2dAttrs; // The generator writes the attributes of this op.
    return [conv2d(graph, input('x'), attrs, golden.has('residual') ? input('residual') : undefined)];
  },
});
