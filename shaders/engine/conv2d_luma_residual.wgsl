// picture = bilinear_x2(frame) + strength * pixel_shuffle(conv2d(x)) on every channel: the last layer of a network, straight to the
// picture. Four outputs, stride 1, zero padding.
//
// in        weights  real4[]   [ky][kx][in group][in lane] of 4 outputs, then bias
//           x        real4[]   nhwc4 [height, width, in_groups]
//           frame    texture [width, height]
// out       picture  rgba8unorm [2 width, 2 height]
// consts    UNROLL, KERNEL_H, KERNEL_W, IN_GROUPS     as in conv2d.wgsl
// grid      8 x 8 x 1, one invocation a source pixel, four stores
// tolerance as conv2d.wgsl, plus half a step of unorm8

struct Dims {
  size: vec2u,
  kernel_size: vec2u,
  padding: vec2i,
  in_groups: u32,
  bias_at: u32,
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var frame: texture_2d<f32>;
@group(0) @binding(4) var picture: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let id = tile_of(workgroup) * 8u + local.xy;
  if (any(id >= dims.size)) {
    return;
  }
  let kernel_h = select(dims.kernel_size.y, KERNEL_H, UNROLL);
  let kernel_w = select(dims.kernel_size.x, KERNEL_W, UNROLL);
  let in_groups = select(dims.in_groups, IN_GROUPS, UNROLL);
  var sum = vec4f(weights[dims.bias_at]);
  for (var ky = 0u; ky < kernel_h; ky++) {
    for (var kx = 0u; kx < kernel_w; kx++) {
      let at = vec2i(id + vec2u(kx, ky)) - dims.padding;
      if (any(at < vec2i(0)) || any(at >= vec2i(dims.size))) {
        continue;
      }
      let row = (u32(at.y) * dims.size.x + u32(at.x)) * in_groups;
      let w = (ky * kernel_w + kx) * in_groups * 4u;
      for (var ig = 0u; ig < in_groups; ig++) {
        let value = vec4f(x[row + ig]);
        let w_at = w + ig * 4u;
        sum += vec4f(weights[w_at]) * value.x + vec4f(weights[w_at + 1u]) * value.y +
          vec4f(weights[w_at + 2u]) * value.z + vec4f(weights[w_at + 3u]) * value.w;
      }
    }
  }
  store_x2(id, dims.size, dims.strength * sum);
}
