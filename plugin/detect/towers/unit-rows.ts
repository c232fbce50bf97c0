/** Rows of `length` numbers at unit length, a copy each. A row of zeros stays one. */
export function unitRows(values: Float32Array, length: number): readonly Float32Array[] {
  return Array.from({ length: Math.floor(values.length / length) }, (_, i) => {
    const row = values.slice(i * length, (i + 1) * length);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return norm > 0 ? row.map((value) => value / norm) : row;
  });
}
