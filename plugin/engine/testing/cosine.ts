/** The least cosine of a row with the one expected, rows of `length` each; NaN where a value is. */
export function leastCosine(found: Float32Array, expected: Float32Array, length: number): number {
  let least = 1;
  for (let begin = 0; begin < expected.length; begin += length) {
    let [dot, a, b] = [0, 0, 0];
    for (let i = begin; i < begin + length; i++) {
      const [x, y] = [found[i] ?? Number.NaN, expected[i] ?? Number.NaN];
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    // Math.min keeps NaN.
    least = Math.min(least, dot / Math.sqrt(a * b));
  }
  return least;
}
