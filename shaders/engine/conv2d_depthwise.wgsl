// y[c] = act(bias[c] + sum over ky, kx of w[c, ky, kx] * x[c]) (+ residual): one filter a channel, zero padding.
//
// in        weights  real4[]   [ky][kx][group], then bias, then PReLU slope
//           x        real4[]   nhwc4 [batch, in_height, in_width, groups]
//           residual real4[]   shape of y (the input again where there is none)
// out       y        real4[]   nhwc4 [batch, out_height, out_width, groups]
// consts    UNROLL, KERNEL_H, KERNEL_W, ACTIVATION, RESIDUAL     as in conv2d.wgsl
// grid      8 x 8 x 1: x, y = output pixel, z = batch * groups
// tolerance products and sum in f32: kernel area * 2^-24, plus one rounding to real

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  stride: vec2u,
  dilation: vec2u,
  padding: vec2i,
  kernel_size: vec2u,
  groups: u32,
  channels: u32,
  bias_at: u32,
  slope_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.out_size.x || id.y >= dims.out_size.y) {
    return;
  }
  let kernel_h = select(dims.kernel_size.y, KERNEL_H, UNROLL);
  let kernel_w = select(dims.kernel_size.x, KERNEL_W, UNROLL);
  let batch = id.z / dims.groups;
  let group = id.z % dims.groups;
  var sum = vec4f(weights[dims.bias_at + group]);
  for (var ky = 0u; ky < kernel_h; ky++) {
    let in_y = i32(id.y * dims.stride.y + ky * dims.dilation.y) - dims.padding.y;
    if (in_y < 0 || in_y >= i32(dims.in_size.y)) {
      continue;
    }
    let row = (batch * dims.in_size.y + u32(in_y)) * dims.in_size.x;
    for (var kx = 0u; kx < kernel_w; kx++) {
      let in_x = i32(id.x * dims.stride.x + kx * dims.dilation.x) - dims.padding.x;
      if (in_x < 0 || in_x >= i32(dims.in_size.x)) {
        continue;
      }
      let value = vec4f(x[(row + u32(in_x)) * dims.groups + group]);
      sum += vec4f(weights[(ky * kernel_w + kx) * dims.groups + group]) * value;
    }
  }
  let at = ((batch * dims.out_size.y + id.y) * dims.out_size.x + id.x) * dims.groups + group;
  if (RESIDUAL == 1u) {
    sum += vec4f(residual[at]);
  }
  sum = activate(sum, vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]));
  if (RESIDUAL == 2u) {
    sum += vec4f(residual[at]);
  }
  y[at] = real4(zero_padding(sum, group, dims.channels));
}
