// y = a * transpose(b): each row of a dotted with each row of b, both along the inner dimension.
//
// in        a        real4[]   nhwc4 [batch or 1, rows, inner_groups]
//           b        real4[]   nhwc4 [batch or 1, out_channels, inner_groups]
// out       y        real4[]   nhwc4 [batch, rows, out_groups]
// consts    ROWS               rows one invocation computes, of one channel group
// grid      64 x 1 x 1 over tiles, groups fastest, folded into rows of `stride`
// tolerance products and sum in f32 in another order than the golden: inner * 2^-24, plus one rounding to real

struct Dims {
  rows: u32,
  inner_groups: u32,
  out_groups: u32,
  out_channels: u32,
  a_batch: u32,        // groups from one batch to the next; 0 where one serves all
  b_batch: u32,
  row_blocks: u32,     // tiles along the rows of one batch
  count: u32,          // tiles in all
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<real4>;
@group(0) @binding(2) var<storage, read> b: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.out_groups;
  let block = i / dims.out_groups;
  let batch = block / dims.row_blocks;
  let first_row = (block % dims.row_blocks) * ROWS;

  var sum = array<vec4f, ROWS>();
  let channels = vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u);
  let b_at = batch * dims.b_batch + min(channels, vec4u(dims.out_channels - 1u)) * dims.inner_groups;
  let a_at = batch * dims.a_batch;
  for (var ig = 0u; ig < dims.inner_groups; ig++) {
    let b0 = vec4f(b[b_at.x + ig]);
    let b1 = vec4f(b[b_at.y + ig]);
    let b2 = vec4f(b[b_at.z + ig]);
    let b3 = vec4f(b[b_at.w + ig]);
    for (var r = 0u; r < ROWS; r++) {
      let value = vec4f(a[a_at + min(first_row + r, dims.rows - 1u) * dims.inner_groups + ig]);
      sum[r] += vec4f(dot(b0, value), dot(b1, value), dot(b2, value), dot(b3, value));
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    if (first_row + r >= dims.rows) {
      break;
    }
    let at = (batch * dims.rows + first_row + r) * dims.out_groups + group;
    y[at] = real4(zero_padding(sum[r], group, dims.out_channels));
  }
}
