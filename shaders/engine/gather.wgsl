// y[b, i] = table[b, index[b, i]]: rows looked up by number. A number past the end reads the last row.
//
// in        table    real4[]   nhwc4 [batch or 1, table_rows, groups]
//           index    u32[]     [batch or 1, picks], rows padded to multiples of 4
// out       y        real4[]   nhwc4 [batch, picks, groups]
// grid      64 x 1 x 1, one invocation an output group, folded into rows of `stride`
// tolerance exact

struct Dims {
  groups: u32,
  picks: u32,          // of one batch
  index_row: u32,      // entries of index from one batch to the next; 0 where there is one row
  table_rows: u32,
  table_batch: u32,    // rows from one batch to the next; 0 where one table serves all
  count: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> table: array<real4>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let pick = i / dims.groups;
  let batch = pick / dims.picks;
  let row = min(index[batch * dims.index_row + pick % dims.picks], dims.table_rows - 1u);
  y[i] = table[(batch * dims.table_batch + row) * dims.groups + group];
}
