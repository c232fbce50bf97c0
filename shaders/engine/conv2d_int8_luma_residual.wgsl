// picture = bilinear_x2(frame) + strength * pixel_shuffle(r), r[o] = multiplier[o] * sum over ky, kx, i of w[o, i, ky, kx] *
// (x[i] - zero of i) + bias[o]: the last layer of a network whose features are int8, straight to the picture. Four outputs, 3x3; the
// zero points as in conv2d_int8.wgsl.
//
// in        weights  vec4u[]   as conv2d_int8.wgsl, one out group
//           x        u32[]     int8 nhwc4 [height, width, in_groups]
//           frame    texture [width, height]
// out       picture  rgba8unorm [2 width, 2 height]
// consts    UNROLL, IN_GROUPS  as in conv2d_int8.wgsl
// grid      8 x 8 x 1, one invocation a source pixel, four stores
// tolerance the sum is exact, then a few f32 roundings and half a step of unorm8

struct Dims {
  size: vec2u,
  in_groups: u32,
  params_at: u32,
  zeros_at: u32,
  rows: u32,
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var frame: texture_2d<f32>;
@group(0) @binding(4) var picture: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let pixel = tile_of(workgroup) * 8u + local.xy;
  if (any(pixel >= dims.size)) {
    return;
  }
  let rows = select(dims.rows, 3u, UNROLL);
  let in_groups = select(dims.in_groups, IN_GROUPS, UNROLL);
  var sum = bitcast<vec4i>(weights[dims.params_at]);
  for (var ky = 0u; ky < rows; ky++) {
    for (var kx = 0u; kx < 3u; kx++) {
      let at = vec2i(pixel + vec2u(kx, ky)) - 1;
      let inside = all(at >= vec2i(0)) && all(at < vec2i(dims.size));
      let clamped = vec2u(clamp(at, vec2i(0), vec2i(dims.size) - 1));
      let row = (clamped.y * dims.size.x + clamped.x) * in_groups;
      for (var ig = 0u; ig < in_groups; ig++) {
        let value = select(weights[dims.zeros_at + ig].x, x[row + ig], inside);
        sum += dot_int8(weights[(ky * in_groups + ig) * 3u + kx], value);
      }
    }
  }
  let residual = vec4f(sum) * bitcast<vec4f>(weights[dims.params_at + 1u]) + bitcast<vec4f>(weights[dims.params_at + 2u]);
  store_x2(pixel, dims.size, dims.strength * residual);
}
