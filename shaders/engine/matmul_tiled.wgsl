// y = a * b (+ bias, activation, residual), as matmul.wgsl, for large sizes: a workgroup computes 32 rows x 8 channel groups from
// blocks of a and b that it stages in workgroup memory, so that each is fetched once a tile instead of once an invocation.
//
// in        a        real4[]   nhwc4 [batch or 1, rows, inner_groups]
//           b        real4[]   nhwc4 [batch or 1, inner, out_groups]; where it holds weights, then bias, then PReLU slope
//           residual real4[]   shape of y (a again where there is none)
// out       y        real4[]   nhwc4 [batch, rows, out_groups]
// consts    ACTIVATION, RESIDUAL (0 none, 1 before, 2 after the activation)
// grid      8 x 8 x 1, 4 rows x 1 group an invocation: x = out groups, y = rows / 4, z = batch
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
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<real4>;
@group(0) @binding(2) var<storage, read> b: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

const DEPTH = 8u;                             // inner groups staged at once
var<workgroup> a_tile: array<vec4f, 256>;     // [32 rows][DEPTH inner groups]
var<workgroup> b_tile: array<vec4f, 256>;     // [4 * DEPTH inner rows][8 out groups]

fn stage(first_row: u32, first_group: u32, first_inner: u32, batch: u32, local: u32) {
  for (var j = 0u; j < 4u; j++) {
    let e = local + 64u * j;
    let row = first_row + e / DEPTH;
    let inner_group = first_inner + e % DEPTH;
    let a_at = batch * dims.a_batch + min(row, dims.rows - 1u) * dims.inner_groups + min(inner_group, dims.inner_groups - 1u);
    a_tile[e] = vec4f(a[a_at]);
    let k = first_inner * 4u + e / 8u;
    let group = first_group + e % 8u;
    let b_at = batch * dims.b_batch + min(k, dims.inner - 1u) * dims.out_groups + min(group, dims.out_groups - 1u);
    // Past the last inner row a's padding lanes are zero, but the copy there must stay finite.
    b_tile[e] = vec4f(b[b_at]);
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let first_row = tile.y * 32u;
  let group = tile.x * 8u + local.x;
  let batch = tile.z;
  let own_row = local.y * 4u;
  let live_group = min(group, dims.out_groups - 1u);

  let bias = select(vec4f(0.0), vec4f(b[dims.bias_at + live_group]), dims.has_bias == 1u);
  var sum = array<vec4f, 4>(bias, bias, bias, bias);
  for (var first = 0u; first < dims.inner_groups; first += DEPTH) {
    stage(first_row, tile.x * 8u, first, batch, local.y * 8u + local.x);
    workgroupBarrier();
    let depth = min(DEPTH, dims.inner_groups - first);
    for (var ig = 0u; ig < depth; ig++) {
      let at = ig * 32u + local.x;
      let b0 = b_tile[at];
      let b1 = b_tile[at + 8u];
      let b2 = b_tile[at + 16u];
      let b3 = b_tile[at + 24u];
      for (var r = 0u; r < 4u; r++) {
        let value = a_tile[(own_row + r) * DEPTH + ig];
        sum[r] += b0 * value.x + b1 * value.y + b2 * value.z + b3 * value.w;
      }
    }
    workgroupBarrier();
  }

  if (group >= dims.out_groups) {
    return;
  }
  let slope = vec4f(b[dims.slope_at + select(0u, group, ACTIVATION == 2u)]);
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + own_row + r;
    if (row >= dims.rows) {
      break;
    }
    let at = (batch * dims.rows + row) * dims.out_groups + group;
    var value = sum[r];
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
