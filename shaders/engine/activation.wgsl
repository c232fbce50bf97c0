// y = activation(x), elementwise.
//
// in        x       real4[count]      nhwc4
//           slope   real4[groups]     PReLU's slope a channel; one group of zeros otherwise
// out       y       real4[count]
// consts    ACTIVATION                see prelude/activation.wgsl
// grid      64 x 1 x 1, one invocation a channel group, folded into rows of `stride`
// tolerance of exp and erf: see activation.gpu.test.ts; plus one rounding to real

struct Dims {
  count: u32,
  groups: u32,
  channels: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read> slope: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let lane_slope = vec4f(slope[min(group, arrayLength(&slope) - 1u)]);
  let value = activate(vec4f(x[i]), lane_slope);
  // sigmoid(0) is not 0: padding lanes are written as zero by rule.
  y[i] = real4(zero_padding(value, group, dims.channels));
}
