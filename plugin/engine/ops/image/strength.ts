import type { ParamWord } from '../../op.js';

/** How much of the residual is added: 0 leaves the bilinear picture, 1 is what the network was trained for. */
export const strengthParam: ParamWord = { param: 'strength', default: 1 };
