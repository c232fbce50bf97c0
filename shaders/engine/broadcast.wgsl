// y = a + b or a * b with NumPy's broadcasting over up to four dimensions, last one the channels.
//
// in        a, b   real4[]   nhwc4
// out       y      real4[]   nhwc4 [size.x, size.y, size.z, groups]
// consts    MULTIPLY (bool)
// grid      64 x 1 x 1, one invocation an output group, folded into rows of `stride`
// tolerance one rounding to real

struct Dims {
  size: vec4u,        // dimensions 0..2 of y, then its channel groups
  a_stride: vec4u,    // in groups; 0 where a is broadcast
  b_stride: vec4u,
  count: u32,
  stride: u32,
  channels: u32,
  a_splat: u32,       // 1: a has one channel and its lane 0 serves all
  b_splat: u32,
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
  let group = i % dims.size.w;
  let c = i / dims.size.w;
  let at = vec4u(c / (dims.size.z * dims.size.y), (c / dims.size.z) % dims.size.y, c % dims.size.z, group);
  let a_at = at * dims.a_stride;
  let b_at = at * dims.b_stride;
  let a_value = vec4f(a[a_at.x + a_at.y + a_at.z + a_at.w]);
  let b_value = vec4f(b[b_at.x + b_at.y + b_at.z + b_at.w]);
  let left = select(a_value, a_value.xxxx, dims.a_splat == 1u);
  let right = select(b_value, b_value.xxxx, dims.b_splat == 1u);
  let value = select(left + right, left * right, MULTIPLY);
  y[i] = real4(zero_padding(value, group, dims.channels));
}
