import { testOpGoldens, tolerance } from '../testing/golden.js';
import { type ResizeAttrs, resize, resizeOp } from './resize.js';

testOpGoldens({
  op: resizeOp,
  // The generator writes the attributes of this op.
  build: (graph, golden, input) => [resize(graph, input('x'), golden.attrs as unknown as ResizeAttrs, 'resize')],
  within({ attrs, magnitude }, precision) {
    // Nearest moves numbers that f16 holds exactly.
    if (attrs.mode === 'nearest') return () => 0;
    // An axis's fraction is a division of 2.5 ULP (5 roundings) and 1 minus it has one more: 11 on the two weights; two axes, then
    // three roundings on either level of the mix: 28, of which `tolerance` counts 2 a term.
    return tolerance(precision, { length: 14, magnitude }, 1);
  },
});
