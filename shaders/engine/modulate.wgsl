// y = x * (1 + up(scale)) + up(shift): feature-wise modulation (FiLM, Perez et al. 2018) by a coarse map, enlarged bilinearly
// (half-pixel centres, edges repeated).
//
// in        x    real4[]   nhwc4 [height, width, groups]
//           map  real4[]   nhwc4 [map_height, map_width, 2 * groups]: scales, then shifts
// out       y    real4[]   shape of x
// grid      8 x 8 x 1: x = pixel x * groups + group, y = pixel y
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

fn map_at(at: vec2u, group: u32) -> vec4f {
  return vec4f(map[(at.y * dims.map_size.x + at.x) * dims.groups * 2u + group]);
}

fn enlarged(low: vec2u, high: vec2u, part: vec2f, group: u32) -> vec4f {
  let top = mix(map_at(low, group), map_at(vec2u(high.x, low.y), group), part.x);
  let bottom = mix(map_at(vec2u(low.x, high.y), group), map_at(high, group), part.x);
  return mix(top, bottom, part.y);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = vec2u(id.x / dims.groups, id.y);
  if (any(pixel >= dims.size)) {
    return;
  }
  let group = id.x % dims.groups;
  let centre = max((vec2f(pixel) + 0.5) / f32(dims.factor) - 0.5, vec2f(0.0));
  let low = min(vec2u(centre), dims.map_size - 1u);
  let high = min(low + 1u, dims.map_size - 1u);
  let part = centre - vec2f(low);
  let at = (pixel.y * dims.size.x + pixel.x) * dims.groups + group;
  let scale = enlarged(low, high, part, group);
  let shift = enlarged(low, high, part, group + dims.groups);
  y[at] = real4(vec4f(x[at]) * (1.0 + scale) + shift);
}
