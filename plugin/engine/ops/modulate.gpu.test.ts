import { testOpGoldens } from '../testing/golden.js';
import { type ModulateAttrs, modulate, modulateOp } from './modulate.js';

testOpGoldens({
  op: modulateOp,
  build: (graph, golden, input) => [
    // The generator writes the attributes of this op.
    modulate(graph, input('x'), input('map'), golden.attrs as unknown as ModulateAttrs, 'y'),
  ],
});
