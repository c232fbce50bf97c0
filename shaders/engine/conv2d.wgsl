// y[o] = act(bias[o] + sum over ky, kx, i of w[o, i, ky, kx] * x[i]) (+ residual), zero padding.
//
// in        weights  real4[]   kernel [out group][ky][kx][in group][in lane] of 4 outputs each, then bias, then PReLU slope
//           x        real4[]   nhwc4 [batch, in_height, in_width, in_groups of one conv group * conv groups]
//           residual real4[]   shape of y (the input again where there is none)
// out       y        real4[]   nhwc4 [batch, out_height, out_width, out_groups]
// consts    PIXELS, OUT_TILE   what one invocation computes: PIXELS neighbours along x times OUT_TILE channel groups
//           UNROLL             loop bounds are the constants below (real GPUs) or uniforms: software GPUs spend seconds
//                              unrolling constant nests at the first dispatch
//           KERNEL_H, KERNEL_W, IN_GROUPS, ACTIVATION, RESIDUAL (0 none, 1 before, 2 after the activation)
// grid      8 x 8 x 1: x = pixels / PIXELS, y = rows, z = batch * out groups / OUT_TILE
// tolerance products and sum in f32 in another order than the golden: reduction length * 2^-24, plus one rounding to real

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  stride: vec2u,
  dilation: vec2u,
  padding: vec2i,
  kernel_size: vec2u,
  in_groups: u32,        // of one conv group
  x_groups: u32,         // of x's rows
  out_groups: u32,
  group_outs: u32,       // out groups of one conv group
  out_channels: u32,
  bias_at: u32,
  slope_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let id = vec3u(tile_of(workgroup) * 8u + local.xy, workgroup.z);
  let kernel_h = select(dims.kernel_size.y, KERNEL_H, UNROLL);
  let kernel_w = select(dims.kernel_size.x, KERNEL_W, UNROLL);
  let in_groups = select(dims.in_groups, IN_GROUPS, UNROLL);
  let out_x = id.x * PIXELS;
  let out_y = id.y;
  if (out_x >= dims.out_size.x || out_y >= dims.out_size.y) {
    return;
  }
  let tiles = (dims.out_groups + OUT_TILE - 1u) / OUT_TILE;
  let batch = id.z / tiles;
  let first_group = (id.z % tiles) * OUT_TILE;
  let x_first = (first_group / dims.group_outs) * in_groups;

  var sum: array<array<vec4f, PIXELS>, OUT_TILE>;
  for (var t = 0u; t < OUT_TILE; t++) {
    let bias = vec4f(weights[dims.bias_at + min(first_group + t, dims.out_groups - 1u)]);
    for (var p = 0u; p < PIXELS; p++) {
      sum[t][p] = bias;
    }
  }

  let last = vec2i(dims.in_size) - 1;
  let group_weights = kernel_h * kernel_w * in_groups * 4u;
  for (var ky = 0u; ky < kernel_h; ky++) {
    let in_y = i32(out_y * dims.stride.y + ky * dims.dilation.y) - dims.padding.y;
    if (in_y < 0 || in_y > last.y) {
      continue;
    }
    let row = (batch * dims.in_size.y + u32(in_y)) * dims.in_size.x;
    for (var kx = 0u; kx < kernel_w; kx++) {
      let in_x = i32(out_x * dims.stride.x + kx * dims.dilation.x) - dims.padding.x;
      for (var ig = 0u; ig < in_groups; ig++) {
        var values: array<vec4f, PIXELS>;
        for (var p = 0u; p < PIXELS; p++) {
          let at = in_x + i32(p * dims.stride.x);
          let index = (row + u32(clamp(at, 0, last.x))) * dims.x_groups + x_first + ig;
          values[p] = select(vec4f(0.0), vec4f(x[index]), at >= 0 && at <= last.x);
        }
        let w_at = ((ky * kernel_w + kx) * in_groups + ig) * 4u;
        for (var t = 0u; t < OUT_TILE; t++) {
          let w = min(first_group + t, dims.out_groups - 1u) * group_weights + w_at;
          let w0 = vec4f(weights[w]);
          let w1 = vec4f(weights[w + 1u]);
          let w2 = vec4f(weights[w + 2u]);
          let w3 = vec4f(weights[w + 3u]);
          for (var p = 0u; p < PIXELS; p++) {
            sum[t][p] += w0 * values[p].x + w1 * values[p].y + w2 * values[p].z + w3 * values[p].w;
          }
        }
      }
    }
  }

  for (var t = 0u; t < OUT_TILE; t++) {
    let group = first_group + t;
    if (group >= dims.out_groups) {
      break;
    }
    let slope = vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]);
    for (var p = 0u; p < PIXELS; p++) {
      if (out_x + p >= dims.out_size.x) {
        break;
      }
      let at = ((batch * dims.out_size.y + out_y) * dims.out_size.x + out_x + p) * dims.out_groups + group;
      var value = sum[t][p];
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
