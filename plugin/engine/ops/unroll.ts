import type { Caps } from '../../gpu/caps.js';
import type { Consts } from '../../gpu/kernel.js';
import type { Variant } from '../op.js';
import { invalidGraph } from '../tensor.js';

export type UnrollVariant = Variant<Consts & { readonly UNROLL: boolean }>;

/** Real GPUs want constant loop bounds; software ones spend seconds unrolling them at the first dispatch. */
export function selectUnrolled<V extends UnrollVariant>(legal: readonly V[], caps: Caps): V {
  const found = legal.find(({ consts }) => consts.UNROLL !== caps.software);
  if (!found)
    throw invalidGraph(`no variant that ${caps.software ? 'loops' : 'unrolls'}`, legal.map(({ id }) => id).join(', '));
  return found;
}
