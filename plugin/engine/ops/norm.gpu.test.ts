import { testOpGoldens } from '../testing/golden.js';
import { normTolerance } from '../testing/norm-tolerance.js';
import { layerNorm, normOp, rmsNorm } from './norm.js';

testOpGoldens({
  op: normOp,
  build(graph, golden, input) {
    const attrs = {
      eps: Number(golden.attrs.eps),
      ...(golden.has('weight') ? { weight: 'weight' } : {}),
      ...(golden.has('bias') ? { bias: 'bias' } : {}),
    };
    return [(golden.attrs.kind === 'rms' ? rmsNorm : layerNorm)(graph, input('x'), attrs, 'y')];
  },
  within: normTolerance,
});
