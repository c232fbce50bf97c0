import { type Part, partKind } from '../packing.js';
import { padded } from '../source.js';

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

interface Vector {
  readonly name: string;
  /** Its length in the file. */
  readonly length: number;
  /** Only so many from `first` on, a multiple of 4. */
  readonly slice?: { readonly first: number; readonly count: number };
}

const spanOf = ({ length, slice }: Vector): readonly [begin: number, end: number] =>
  slice ? [slice.first, Math.min(slice.first + slice.count, length)] : [0, length];

/** A vector, padded with zeros to a multiple of 4. */
export const vector = partKind<Vector>('vector', {
  names: ({ name }) => [name],
  length: ({ length, slice }) => ceil4(slice?.count ?? length),
  pack: (of) => (from) => {
    const values = padded(from.range(of.name, [of.length], ...spanOf(of)));
    if (!of.slice || values.length === ceil4(of.slice.count)) return values;
    const out = from.zeros(ceil4(of.slice.count));
    out.set(values);
    return out;
  },
});

/** The same number so many times, then zeros to a multiple of 4. */
export const filled = partKind<{ readonly length: number; readonly value: number }>('filled', {
  names: () => [],
  length: ({ length }) => ceil4(length),
  pack:
    ({ length, value }) =>
    (from) =>
      padded(from.filled(length, value)),
});

/** The vector of that name, or zeros in its place. */
export const vectorOrZeros = (name: string | undefined, length: number, slice?: Vector['slice']): Part =>
  name === undefined
    ? filled({ length: ceil4(slice?.count ?? length), value: 0 })
    : vector({ name, length, ...(slice ? { slice } : {}) });
