// y[o] = act(bias[o] + sum over ky, kx of w[o, ky, kx] * luma(frame)): the first layer of a network, straight from the frame.
// Stride 1, zero padding of the luma.
//
// in        weights  real4[]   [ky][kx][out group] of 4 outputs, then bias, then PReLU slope
//           frame    texture, any size
// out       y        real4[]   nhwc4 [height, width, out_groups]
// consts    OUT_TILE           channel groups one invocation computes
//           UNROLL, KERNEL_H, KERNEL_W, ACTIVATION   as in conv2d.wgsl
// grid      8 x 8 x 1: x, y = pixel, z = out groups / OUT_TILE
// tolerance products and sum in f32: kernel area * 2^-24, plus one rounding to real

struct Dims {
  size: vec2u,
  kernel_size: vec2u,
  padding: vec2i,
  out_groups: u32,
  out_channels: u32,
  bias_at: u32,
  slope_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var frame: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let id = vec3u(tile_of(workgroup) * 8u + local.xy, workgroup.z);
  if (any(id.xy >= dims.size)) {
    return;
  }
  let kernel_h = select(dims.kernel_size.y, KERNEL_H, UNROLL);
  let kernel_w = select(dims.kernel_size.x, KERNEL_W, UNROLL);
  let first_group = id.z * OUT_TILE;
  var sum: array<vec4f, OUT_TILE>;
  for (var t = 0u; t < OUT_TILE; t++) {
    sum[t] = vec4f(weights[dims.bias_at + min(first_group + t, dims.out_groups - 1u)]);
  }
  for (var ky = 0u; ky < kernel_h; ky++) {
    for (var kx = 0u; kx < kernel_w; kx++) {
      let at = vec2i(id.xy + vec2u(kx, ky)) - dims.padding;
      let inside = all(at >= vec2i(0)) && all(at < vec2i(dims.size));
      let clamped = clamp(at, vec2i(0), vec2i(dims.size) - 1);
      let value = select(0.0, luma(textureLoad(frame, clamped, 0).rgb), inside);
      let w = (ky * kernel_w + kx) * dims.out_groups;
      for (var t = 0u; t < OUT_TILE; t++) {
        sum[t] += vec4f(weights[w + min(first_group + t, dims.out_groups - 1u)]) * value;
      }
    }
  }
  for (var t = 0u; t < OUT_TILE; t++) {
    let group = first_group + t;
    if (group >= dims.out_groups) {
      break;
    }
    let value = activate(sum[t], vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]));
    y[(id.y * dims.size.x + id.x) * dims.out_groups + group] = real4(zero_padding(value, group, dims.out_channels));
  }
}
