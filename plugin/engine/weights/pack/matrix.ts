import { type Part, partKind } from '../packing.js';

const ceil4 = (n: number): number => Math.ceil(n / 4) * 4;

interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** `[outputs, inputs]` as [input][output group] of 4: the transpose, padded. */
export const transposed = partKind<Matrix>('transposed', {
  names: ({ name }) => [name],
  length: ({ rows, columns }) => columns * ceil4(rows),
  pack:
    ({ name, rows, columns }) =>
    (from) => {
      const [values, width] = [from.get(name, [rows, columns]), ceil4(rows)];
      const out = from.zeros(columns * width);
      for (let o = 0; o < rows; o++)
        for (let i = 0; i < columns; i++) out[i * width + o] = values[o * columns + i] ?? 0;
      return out;
    },
});

const rowsPart = partKind<Matrix & { readonly first: number; readonly count: number }>('rows', {
  names: ({ name }) => [name],
  length: ({ columns, count }) => count * ceil4(columns),
  pack:
    ({ name, rows, columns, first, count }) =>
    (from) => {
      const values = from.range(name, [rows, columns], first * columns, (first + count) * columns);
      const width = ceil4(columns);
      if (width === columns) return values;
      const out = from.zeros(count * width);
      for (let r = 0; r < count; r++) out.set(values.subarray(r * columns, (r + 1) * columns), r * width);
      return out;
    },
});

/** Numbers that are packed in one go, about. */
const partLength = 1 << 19;

/** The first `count` rows of a table, each padded to a multiple of 4; a large one in several parts. */
export function tableRows(table: Matrix, count = table.rows): readonly Part[] {
  const most = Math.max(1, Math.floor(partLength / ceil4(table.columns)));
  return Array.from({ length: Math.ceil(count / most) }, (_, i) =>
    rowsPart({ ...table, first: i * most, count: Math.min(most, count - i * most) }),
  );
}
