// y[n, c] = mean of POINTS x POINTS bilinear samples of x at the centres of the cells of region n (RoIAlign, He et al. 2017).
//
// in        x      real4[]   nhwc4 [height, width, groups]
//           boxes  real4[]   [regions]: left, top, right, bottom as fractions of the picture that x is the map of
// out       y      real4[]   nhwc4 [regions, groups]
// consts    POINTS (samples a side)
// maths     a sample at fraction f of the width lies at f * width - 1/2, clamped to the map (PyTorch's grid_sample: bilinear,
//           border, align_corners false)
// grid      64 x 1 x 1 over regions * groups, groups fastest, folded into rows of `stride`
// tolerance positions in f32: (8 + side of the map) * 2^-24 of a cell, times the largest step between cells; products and sums:
//           4 * POINTS^2 * 2^-24; plus one rounding to real

struct Dims {
  size: vec2u,
  groups: u32,
  count: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read> boxes: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

fn cell(at: vec2u, group: u32) -> vec4f {
  return vec4f(x[(at.y * dims.size.x + at.x) * dims.groups + group]);
}

fn sample(place: vec2f, group: u32) -> vec4f {
  let last = dims.size - 1u;
  let clamped = clamp(place * vec2f(dims.size) - 0.5, vec2f(0.0), vec2f(last));
  let near = min(vec2u(clamped), last);
  let far = min(near + 1u, last);
  let t = clamped - vec2f(near);
  let above = mix(cell(near, group), cell(vec2u(far.x, near.y), group), t.x);
  let below = mix(cell(vec2u(near.x, far.y), group), cell(far, group), t.x);
  return mix(above, below, t.y);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let box = vec4f(boxes[i / dims.groups]);
  var sum = vec4f(0.0);
  for (var j = 0u; j < POINTS; j++) {
    for (var k = 0u; k < POINTS; k++) {
      let at = (vec2f(vec2u(k, j)) + 0.5) / f32(POINTS);
      sum += sample(box.xy + (box.zw - box.xy) * at, group);
    }
  }
  y[i] = real4(sum / f32(POINTS * POINTS));
}
