// y = x under another shape whose last dimension differs, so that groups of four channels are cut anew.
//
// in        x   real4[]   nhwc4 [rows, in_groups]
// out       y   real4[]   nhwc4 [rows, groups]
// maths     element e of the row-major order stays element e
// grid      64 x 1 x 1, one invocation an output group, folded into rows of `stride`
// tolerance none: values are moved, not computed

struct Dims {
  count: u32,
  stride: u32,
  groups: u32,
  channels: u32,
  in_groups: u32,
  in_channels: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

fn element(e: u32) -> f32 {
  let c = e % dims.in_channels;
  return f32(x[(e / dims.in_channels) * dims.in_groups + c / 4u][c % 4u]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let first = (i / dims.groups) * dims.channels + group * 4u;
  let value = vec4f(element(first), element(first + 1u), element(first + 2u), element(first + 3u));
  y[i] = real4(zero_padding(value, group, dims.channels));
}
