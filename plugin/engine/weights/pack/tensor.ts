import { invalidGraph } from '../../tensor.js';
import { type Part, partKind } from '../packing.js';
import { lengthOf, type Numbers, zerosLike } from '../source.js';

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

interface StoredPart {
  readonly name: string;
  readonly shape: readonly number[];
  /** Rows, of the last dimension each. */
  readonly first: number;
  readonly count: number;
}

const widthOf = (shape: readonly number[]): number => shape.at(-1) ?? 1;

function padRows<N extends Numbers>(values: N, columns: number): N {
  const width = ceil4(columns);
  if (width === columns) return values;
  const rows = values.length / columns;
  const out = zerosLike(values, rows * width);
  for (let r = 0; r < rows; r++) out.set(values.subarray(r * columns, (r + 1) * columns), r * width);
  return out;
}

const storedRows = partKind<StoredPart>('tensor', {
  names: ({ name }) => [name],
  length: ({ shape, count }) => count * ceil4(widthOf(shape)),
  pack:
    ({ name, shape, first, count }) =>
    (from) => {
      const columns = widthOf(shape);
      return padRows(from.range(name, shape, first * columns, (first + count) * columns), columns);
    },
});

/** Numbers that are packed in one go, about. */
const partLength = 1 << 19;

/** A tensor of the file as every tensor is stored: rows padded to a multiple of 4. A large one in several parts. */
export function tensorParts(name: string, shape: readonly number[]): readonly Part[] {
  const rows = lengthOf(shape) / widthOf(shape);
  const most = Math.max(1, Math.floor(partLength / ceil4(widthOf(shape))));
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) =>
    storedRows({ name, shape, first: i * most, count: Math.min(most, rows - i * most) }),
  );
}

/** Each array of numbers has a key of its own. */
const keys = new WeakMap<Float32Array, number>();
let nextKey = 0;

/**
 * Numbers of the graph itself, as every tensor is stored. They are not to be changed.
 *
 * @throws VitreousError `graph-invalid` for another number of them than the shape has
 */
export function constantPart(name: string, values: Float32Array, shape: readonly number[]): Part {
  if (values.length !== lengthOf(shape))
    throw invalidGraph(`'${name}': ${values.length} numbers`, `${lengthOf(shape)}, as [${shape.join(', ')}] has`);
  const key = keys.get(values) ?? nextKey++;
  keys.set(values, key);
  const width = ceil4(widthOf(shape));
  const length = (values.length / widthOf(shape)) * width;
  return {
    key: `constant${key}[${widthOf(shape)}]`,
    names: [],
    length,
    pack: (from) => padRows(from.encoded(values), widthOf(shape)),
  };
}
