import { testOpGoldens } from '../testing/golden.js';
import { normTolerance } from '../testing/norm-tolerance.js';
import { type GroupNormAttrs, groupNorm, groupNormOp } from './group-norm.js';

testOpGoldens({
  op: groupNormOp,
  build(graph, golden, input) {
    // The generator writes the attributes of this op.
    const attrs = { ...(golden.attrs as unknown as GroupNormAttrs), weight: 'weight', bias: 'bias' };
    return [groupNorm(graph, input('x'), attrs, 'y')];
  },
  within: normTolerance,
});
