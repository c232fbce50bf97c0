// picture = bilinear_x2(frame) + strength * pixel_shuffle(residual) on every channel, clamped to [0, 1].
//
// in        frame     texture [width, height]
//           residual  real4[height * width]   nhwc4, channel = dy * 2 + dx
// out       picture   rgba8unorm [2 width, 2 height]
// grid      8 x 8 x 1, one invocation a source pixel, four stores
// tolerance half a step of unorm8, plus f32 rounding

struct Dims {
  size: vec2u,
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> residual: array<real4>;
@group(0) @binding(3) var picture: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let id = tile_of(workgroup) * 8u + local.xy;
  if (any(id.xy >= dims.size)) {
    return;
  }
  store_x2(id.xy, dims.size, dims.strength * vec4f(residual[id.y * dims.size.x + id.x]));
}
