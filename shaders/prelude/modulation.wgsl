// A coarse map of scales, then shifts, enlarged bilinearly (half-pixel centres, edges repeated): x * (1 + scale) + shift.
// The kernel has `map: array<real4>`, nhwc4 [dims.map_size, 2 * groups], and `dims.factor`, pixels a cell.

fn map_at(at: vec2u, index: u32, groups: u32) -> vec4f {
  return vec4f(map[(at.y * dims.map_size.x + at.x) * groups * 2u + index]);
}

fn enlarged(low: vec2u, high: vec2u, part: vec2f, index: u32, groups: u32) -> vec4f {
  let top = mix(map_at(low, index, groups), map_at(vec2u(high.x, low.y), index, groups), part.x);
  let bottom = mix(map_at(vec2u(low.x, high.y), index, groups), map_at(high, index, groups), part.x);
  return mix(top, bottom, part.y);
}

fn modulated(x: vec4f, pixel: vec2u, group: u32, groups: u32) -> vec4f {
  let centre = max((vec2f(pixel) + 0.5) / f32(dims.factor) - 0.5, vec2f(0.0));
  let low = min(vec2u(centre), dims.map_size - 1u);
  let high = min(low + 1u, dims.map_size - 1u);
  let part = centre - vec2f(low);
  return x * (1.0 + enlarged(low, high, part, group, groups)) + enlarged(low, high, part, group + groups, groups);
}
