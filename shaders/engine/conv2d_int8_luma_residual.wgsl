// picture = bilinear_x2(frame) + strength * pixel_shuffle(r), r[o] = multiplier[o] * sum over ky, kx, i of w[o, i, ky, kx] * x[i]
// + bias[o]: the last layer of a network whose features are int8, straight to the picture. Four outputs, 3x3, zero padding.
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
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var frame: texture_2d<f32>;
@group(0) @binding(4) var picture: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.size)) {
    return;
  }
  let in_groups = select(dims.in_groups, IN_GROUPS, UNROLL);
  var sum = vec4i(0);
  for (var ky = 0u; ky < 3u; ky++) {
    for (var kx = 0u; kx < 3u; kx++) {
      let at = vec2i(id.xy + vec2u(kx, ky)) - 1;
      if (any(at < vec2i(0)) || any(at >= vec2i(dims.size))) {
        continue;
      }
      let row = (u32(at.y) * dims.size.x + u32(at.x)) * in_groups;
      for (var ig = 0u; ig < in_groups; ig++) {
        sum += dot_int8(weights[(ky * in_groups + ig) * 3u + kx], x[row + ig]);
      }
    }
  }
  let residual = vec4f(sum) * bitcast<vec4f>(weights[dims.params_at]) + bitcast<vec4f>(weights[dims.params_at + 1u]);
  store_x2(id.xy, dims.size, dims.strength * residual);
}
