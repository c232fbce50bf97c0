// y[o] = round(act(multiplier[o] * sum over ky, kx, i of w[o, i, ky, kx] * (x[i] - zero of i) + bias[o]) / step) + zero of o: 3x3,
// stride 1, on whole numbers. multiplier = step of x * step of w[o]. Outside the picture x is its zero point, so that the sum's
// part of the zero points is one number an output: its first term.
//
// in        weights  vec4u[]  [out group][ky][in group][kx] of 4 outputs, a word of 4 input channels each; then for each out
//                             group the bits of first term (i32), multiplier, bias, PReLU slope and zero point (f32), a vec4
//                             each; then for each in group its zero points, packed, in x
//           x        u32[]    int8 nhwc4 [height, width, in_groups]
// out       y        u32[]    int8 nhwc4 [height, width, out_groups], in steps of 1 / inverse_step
// consts    PIXELS, OUT_TILE  what one invocation computes: PIXELS neighbours along x times OUT_TILE channel groups
//           UNROLL            the loops over rows and channels have constant bounds (real GPUs) or uniforms (software: see
//                             conv2d.wgsl)
//           IN_GROUPS, ACTIVATION
// grid      8 x 8 x 1: x = pixels / PIXELS, y = rows, z = out groups / OUT_TILE
// tolerance none but at a rounding tie: the sum is exact in i32 and, below 2^24, in f32; what follows it rounds 4 times in f32

struct Dims {
  size: vec2u,
  in_groups: u32,
  out_groups: u32,
  params_at: u32,
  zeros_at: u32,
  rows: u32,             // 3, where no constant may be
  inverse_step: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let position = tile_of(workgroup) * 8u + local.xy;
  let rows = select(dims.rows, 3u, UNROLL);
  let in_groups = select(dims.in_groups, IN_GROUPS, UNROLL);
  let out_x = position.x * PIXELS;
  let out_y = position.y;
  if (out_x >= dims.size.x || out_y >= dims.size.y) {
    return;
  }
  let first_group = workgroup.z * OUT_TILE;
  var sum: array<array<vec4i, PIXELS>, OUT_TILE>;
  for (var t = 0u; t < OUT_TILE; t++) {
    let first = bitcast<vec4i>(weights[dims.params_at + min(first_group + t, dims.out_groups - 1u) * 5u]);
    for (var p = 0u; p < PIXELS; p++) {
      sum[t][p] = first;
    }
  }
  let last = vec2i(dims.size) - 1;
  for (var ky = 0u; ky < rows; ky++) {
    let in_y = i32(out_y + ky) - 1;
    let is_row = in_y >= 0 && in_y <= last.y;
    let row = u32(clamp(in_y, 0, last.y)) * dims.size.x;
    for (var ig = 0u; ig < in_groups; ig++) {
      let zeros = weights[dims.zeros_at + ig].x;
      var values: array<u32, PIXELS + 2u>;
      for (var p = 0u; p < PIXELS + 2u; p++) {
        let at = i32(out_x + p) - 1;
        let value = x[(row + u32(clamp(at, 0, last.x))) * in_groups + ig];
        values[p] = select(zeros, value, is_row && at >= 0 && at <= last.x);
      }
      for (var t = 0u; t < OUT_TILE; t++) {
        let w_at = ((min(first_group + t, dims.out_groups - 1u) * 3u + ky) * in_groups + ig) * 3u;
        for (var kx = 0u; kx < 3u; kx++) {
          let w = weights[w_at + kx];
          for (var p = 0u; p < PIXELS; p++) {
            sum[t][p] += dot_int8(w, values[p + kx]);
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
    let params = dims.params_at + group * 5u;
    let multiplier = bitcast<vec4f>(weights[params + 1u]);
    let bias = bitcast<vec4f>(weights[params + 2u]);
    let slope = bitcast<vec4f>(weights[params + 3u]);
    let zeros = bitcast<vec4f>(weights[params + 4u]);
    for (var p = 0u; p < PIXELS; p++) {
      if (out_x + p >= dims.size.x) {
        break;
      }
      let value = activate(vec4f(sum[t][p]) * multiplier + bias, slope);
      y[(out_y * dims.size.x + out_x + p) * dims.out_groups + group] = pack_steps(value * dims.inverse_step, zeros);
    }
  }
}
