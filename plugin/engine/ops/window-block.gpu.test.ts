import { testOpGoldens, tolerance } from '../testing/golden.js';
import { windowBlock, windowBlockOp } from './window-block.js';
import type { WindowBlockAttrs } from './window-block-attrs.js';

testOpGoldens({
  op: windowBlockOp,
  build: (graph, golden, input) => [
    // The generator writes the attributes of this op.
    windowBlock(graph, input('z'), golden.attrs as unknown as WindowBlockAttrs, 'y'),
  ],
  /**
   * All between z and y is f32 at both precisions. The generator carries the standard deviation of its rounding through the block
   * (models/training/goldens/deviating.py); of some thousand values none should lie beyond 5 of them. Then one store.
   */
  within(golden, precision) {
    const error = 5 * Number(golden.attrs.deviation);
    const store = tolerance(precision, { length: 0, magnitude: 0 });
    return (expected) => error + store(Math.abs(expected) + error);
  },
});
