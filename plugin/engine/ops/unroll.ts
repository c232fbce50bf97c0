import type { Caps } from '../../gpu/caps.js';
import type { Variant } from '../op.js';
import { invalidGraph } from '../tensor.js';

/** Real GPUs want constant loop bounds; software ones spend seconds unrolling them at the first dispatch. */
export function selectUnrolled(legal: readonly Variant[], caps: Caps): Variant {
  const id = caps.software ? 'loop' : 'unroll';
  const found = legal.find((variant) => variant.id === id);
  if (!found) throw invalidGraph(`no variant '${id}'`, legal.map((variant) => variant.id).join(', '));
  return found;
}
