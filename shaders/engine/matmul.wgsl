// y = a * b (+ bias, activation, residual): each batch of rows times a matrix whose rows are the inner dimension.
//
// in        a        real4[]   nhwc4 [batch or 1, rows, inner_groups]
//           b        real4[]   nhwc4 [batch or 1, inner, out_groups]; where it holds weights, then bias, then PReLU slope
//           residual real4[]   shape of y (a again where there is none)
// out       y        real4[]   nhwc4 [batch, rows, out_groups]
// consts    ROWS, OUT_TILE     what one invocation computes: ROWS rows times OUT_TILE channel groups
//           ACTIVATION, RESIDUAL (0 none, 1 before, 2 after the activation)
// grid      64 x 1 x 1 over tiles, groups fastest, folded into rows of `stride`
// tolerance products and sum in f32 in another order than the golden: inner * 2^-24, plus one rounding to real

struct Dims {
  rows: u32,
  inner: u32,
  inner_groups: u32,
  out_groups: u32,
  out_channels: u32,
  a_batch: u32,        // groups from one batch to the next; 0 where one serves all
  b_batch: u32,
  has_bias: u32,       // 0: b is the matrix alone
  bias_at: u32,
  slope_at: u32,
  tiles: u32,          // tiles along the output groups
  row_blocks: u32,     // tiles along the rows of one batch
  count: u32,          // tiles in all
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<real4>;
@group(0) @binding(2) var<storage, read> b: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let first_group = (i % dims.tiles) * OUT_TILE;
  let block = i / dims.tiles;
  let batch = block / dims.row_blocks;
  let first_row = (block % dims.row_blocks) * ROWS;

  var sum: array<array<vec4f, ROWS>, OUT_TILE>;
  for (var t = 0u; t < OUT_TILE; t++) {
    let bias = vec4f(b[dims.bias_at + min(first_group + t, dims.out_groups - 1u)]);
    for (var r = 0u; r < ROWS; r++) {
      sum[t][r] = select(vec4f(0.0), bias, dims.has_bias == 1u);
    }
  }

  // a's padding lanes are zero, so past the last inner row any row of b will do.
  let last = dims.inner - 1u;
  let a_at = batch * dims.a_batch;
  let b_at = batch * dims.b_batch;
  for (var ig = 0u; ig < dims.inner_groups; ig++) {
    var values: array<vec4f, ROWS>;
    for (var r = 0u; r < ROWS; r++) {
      values[r] = vec4f(a[a_at + min(first_row + r, dims.rows - 1u) * dims.inner_groups + ig]);
    }
    let k = vec4u(ig * 4u) + vec4u(0u, 1u, 2u, 3u);
    let rows = b_at + min(k, vec4u(last)) * dims.out_groups;
    for (var t = 0u; t < OUT_TILE; t++) {
      let group = min(first_group + t, dims.out_groups - 1u);
      let b0 = vec4f(b[rows.x + group]);
      let b1 = vec4f(b[rows.y + group]);
      let b2 = vec4f(b[rows.z + group]);
      let b3 = vec4f(b[rows.w + group]);
      for (var r = 0u; r < ROWS; r++) {
        sum[t][r] += b0 * values[r].x + b1 * values[r].y + b2 * values[r].z + b3 * values[r].w;
      }
    }
  }

  for (var t = 0u; t < OUT_TILE; t++) {
    let group = first_group + t;
    if (group >= dims.out_groups) {
      break;
    }
    let slope = vec4f(b[dims.slope_at + select(0u, group, ACTIVATION == 2u)]);
    for (var r = 0u; r < ROWS; r++) {
      if (first_row + r >= dims.rows) {
        break;
      }
      let at = (batch * dims.rows + first_row + r) * dims.out_groups + group;
      var value = sum[t][r];
      if (RESIDUAL == 1u) {
        value += vec4f(residual[at]);
      }
      value = activate(value, slope);
      if (RESIDUAL == 2u) {
        value += vec4f(residual[at]);
      }
      y[at] = real4(zero_padding(value, group, dims.out_channels));
    }
  }
}
