// y = x * (1 + up(scale)) + up(shift): feature-wise modulation (FiLM, Perez et al. 2018) by a coarse map, enlarged bilinearly
// (half-pixel centres, edges repeated).
//
// in        x    real4[]   nhwc4 [height, width, groups]
//           map  real4[]   nhwc4 [map_height, map_width, 2 * groups]: scales, then shifts
// out       y    real4[]   shape of x
// grid      8 x 8 x 1: x, y = pixel, z = group
// tolerance interpolation and product in f32: 8 roundings of 2^-24, plus one rounding to real

struct Dims {
  size: vec2u,
  map_size: vec2u,
  groups: u32,
  factor: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read> map: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let pixel = tile_of(workgroup) * 8u + local.xy;
  if (any(pixel >= dims.size)) {
    return;
  }
  let group = workgroup.z;
  let at = (pixel.y * dims.size.x + pixel.x) * dims.groups + group;
  y[at] = real4(modulated(vec4f(x[at]), pixel, group, dims.groups));
}
