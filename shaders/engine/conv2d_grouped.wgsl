// Grouped convolution whose groups do not fall on multiples of 4 channels: the general, scalar form of conv2d.wgsl.
//
// in        weights  real4[]   scalars [out channel][ky][kx][in channel of its group], padded to 4; then bias, then PReLU slope
//           x        real4[]   nhwc4 [batch, in_height, in_width, x_groups]
//           residual real4[]   shape of y (the input again where there is none)
// out       y        real4[]   nhwc4 [batch, out_height, out_width, out_groups]
// consts    ACTIVATION, RESIDUAL     as in conv2d.wgsl
// grid      8 x 8 x 1: x, y = output pixel, z = batch * out groups
// tolerance as conv2d.wgsl

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  stride: vec2u,
  dilation: vec2u,
  padding: vec2i,
  kernel_size: vec2u,
  x_groups: u32,
  out_groups: u32,
  out_channels: u32,
  group_ins: u32,        // input channels of one conv group
  group_outs: u32,       // output channels of one conv group
  bias_at: u32,
  slope_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

fn channel_sum(out_channel: u32, batch: u32, out_x: u32, out_y: u32) -> f32 {
  let first_in = (out_channel / dims.group_outs) * dims.group_ins;
  var w = out_channel * dims.kernel_size.x * dims.kernel_size.y * dims.group_ins;
  var sum = 0.0;
  for (var ky = 0u; ky < dims.kernel_size.y; ky++) {
    let in_y = i32(out_y * dims.stride.y + ky * dims.dilation.y) - dims.padding.y;
    for (var kx = 0u; kx < dims.kernel_size.x; kx++) {
      let in_x = i32(out_x * dims.stride.x + kx * dims.dilation.x) - dims.padding.x;
      let inside = in_y >= 0 && in_x >= 0 && in_y < i32(dims.in_size.y) && in_x < i32(dims.in_size.x);
      if (inside) {
        let pixel = ((batch * dims.in_size.y + u32(in_y)) * dims.in_size.x + u32(in_x)) * dims.x_groups;
        for (var i = 0u; i < dims.group_ins; i++) {
          let channel = first_in + i;
          sum += f32(weights[(w + i) / 4u][(w + i) % 4u]) * f32(x[pixel + channel / 4u][channel % 4u]);
        }
      }
      w += dims.group_ins;
    }
  }
  return sum;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.out_size.x || id.y >= dims.out_size.y) {
    return;
  }
  let batch = id.z / dims.out_groups;
  let group = id.z % dims.out_groups;
  var sum = vec4f(weights[dims.bias_at + group]);
  for (var lane = 0u; lane < 4u; lane++) {
    if (group * 4u + lane < dims.out_channels) {
      sum[lane] += channel_sum(group * 4u + lane, batch, id.x, id.y);
    }
  }
  let at = ((batch * dims.out_size.y + id.y) * dims.out_size.x + id.x) * dims.out_groups + group;
  if (RESIDUAL == 1u) {
    sum += vec4f(residual[at]);
  }
  sum = activate(sum, vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]));
  if (RESIDUAL == 2u) {
    sum += vec4f(residual[at]);
  }
  y[at] = real4(zero_padding(sum, group, dims.out_channels));
}
