import { testOpGoldens } from '../testing/golden.js';
import { type EmbeddingAttrs, embedding, embeddingOp } from './embedding.js';

testOpGoldens({
  op: embeddingOp,
  build(graph, golden, input) {
    // The generator writes the attributes of this op.
    const attrs = { ...(golden.attrs as unknown as EmbeddingAttrs), weight: 'weight' };
    return [embedding(graph, input('ids'), attrs)];
  },
  // A copy.
  within: () => () => 0,
});
