/**
 * The pairing of rows with columns of least total cost (Hungarian method by shortest augmenting paths: Jonker & Volgenant 1987),
 * O(rows² · columns).
 *
 * @param costs one array a row, all of a length; `Infinity` forbids a pair
 * @returns the column of each row, -1 for none; forbidden pairs are never made, also where that leaves a row alone
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows === 0 || columns === 0) return new Array<number>(rows).fill(-1);
  // A column of its own for each row lets it go without: dearer than any two sums of allowed pairs differ, so it is the last resort.
  const alone = 1 + 2 * largestSum(costs);
  const width = columns + rows;
  const cost = (row: number, column: number): number => {
    if (column >= columns) return column - columns === row ? alone : alone * (rows + 2);
    const given = costs[row]?.[column] ?? Number.POSITIVE_INFINITY;
    return given === Number.POSITIVE_INFINITY ? alone * (rows + 2) : given;
  };
  const rowOf = augment(rows, width, cost);
  const columnOf = new Array<number>(rows).fill(-1);
  for (let column = 0; column < columns; column++) {
    const row = rowOf[column] ?? -1;
    if (row >= 0 && Number.isFinite(costs[row]?.[column] ?? Number.POSITIVE_INFINITY)) columnOf[row] = column;
  }
  return columnOf;
}

/** More than any sum of allowed pairs. */
function largestSum(costs: readonly (readonly number[])[]): number {
  let sum = 0;
  for (const row of costs) {
    let largest = 0;
    for (const cost of row) if (Number.isFinite(cost)) largest = Math.max(largest, Math.abs(cost));
    sum += largest;
  }
  return sum;
}

/** The row of each column, -1 for none. Index `width` of the work arrays is the virtual column that a path starts from. */
function augment(rows: number, width: number, cost: (row: number, column: number) => number): number[] {
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(width + 1);
  const rowOf = new Array<number>(width + 1).fill(-1);
  const previous = new Int32Array(width + 1);
  for (let start = 0; start < rows; start++) {
    rowOf[width] = start;
    let column = width;
    const slack = new Float64Array(width + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(width + 1);
    while ((rowOf[column] ?? -1) >= 0) {
      visited[column] = 1;
      const row = rowOf[column] ?? 0;
      let [next, least] = [width, Number.POSITIVE_INFINITY];
      for (let to = 0; to < width; to++) {
        if (visited[to]) continue;
        const reduced = cost(row, to) - (rowPotential[row] ?? 0) - (columnPotential[to] ?? 0);
        if (reduced < (slack[to] ?? 0)) {
          slack[to] = reduced;
          previous[to] = column;
        }
        if ((slack[to] ?? 0) < least) [next, least] = [to, slack[to] ?? 0];
      }
      for (let to = 0; to <= width; to++)
        if (visited[to]) {
          const visitedRow = rowOf[to] ?? 0;
          rowPotential[visitedRow] = (rowPotential[visitedRow] ?? 0) + least;
          columnPotential[to] = (columnPotential[to] ?? 0) - least;
        } else slack[to] = (slack[to] ?? 0) - least;
      column = next;
    }
    while (column !== width) {
      const before = previous[column] ?? width;
      rowOf[column] = rowOf[before] ?? -1;
      column = before;
    }
  }
  return rowOf;
}
