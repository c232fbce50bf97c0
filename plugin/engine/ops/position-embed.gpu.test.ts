import { testOpGoldens } from '../testing/golden.js';
import { positionEmbed, positionEmbedOp } from './position-embed.js';

testOpGoldens({
  op: positionEmbedOp,
  build(graph, golden, input) {
    const token = golden.attrs.token === true ? { token: 'token' } : {};
    const attrs = { positions: 'positions', rows: Number(golden.attrs.rows), ...token };
    return [positionEmbed(graph, input('x'), attrs, 'y')];
  },
});
