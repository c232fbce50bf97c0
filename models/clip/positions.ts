// Positions of another grid than the model's: bicubic over the grid, as `transformers`' `interpolate_pos_encoding` by PyTorch's
// `interpolate` (align_corners false, no antialiasing; Keys' cubic with a = -3/4, edges repeated).

const a = -0.75;

/** Weights of the four pixels around a place, `t` of the way from the second to the third. */
function cubicWeights(t: number): readonly [number, number, number, number] {
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

interface Taps {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

function tapsOf(i: number, from: number, to: number): Taps {
  const place = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(place);
  const clamped = (n: number): number => Math.min(Math.max(n, 0), from - 1);
  return { indices: [-1, 0, 1, 2].map((d) => clamped(first + d)), weights: cubicWeights(place - first) };
}

/**
 * A table of positions, one row for the class token and then a square grid, at another grid.
 *
 * @param table `[1 + side², channels]`
 * @returns `[1 + rows · columns, channels]`
 */
export function interpolatePositions(
  table: Float32Array,
  side: number,
  [rows, columns]: readonly [number, number],
  channels: number,
): Float32Array {
  const out = new Float32Array((1 + rows * columns) * channels);
  out.set(table.subarray(0, channels));
  for (let y = 0; y < rows; y++) {
    const down = tapsOf(y, side, rows);
    for (let x = 0; x < columns; x++) {
      const across = tapsOf(x, side, columns);
      const at = (1 + y * columns + x) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 4; j++) {
            const from = 1 + (down.indices[i] ?? 0) * side + (across.indices[j] ?? 0);
            sum += (down.weights[i] ?? 0) * (across.weights[j] ?? 0) * (table[from * channels + c] ?? 0);
          }
        out[at + c] = sum;
      }
    }
  }
  return out;
}
