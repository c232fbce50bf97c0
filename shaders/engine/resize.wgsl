// y = x at another size, bilinear or nearest.
//
// in        x   real4[]   nhwc4 [batch, in_height, in_width, groups]
// out       y   real4[]   nhwc4 [batch, out_height, out_width, groups]
// consts    BILINEAR, CORNER (bool)
// maths     bilinear: s = (o + 1/2) * in / out - 1/2, at least 0 (PyTorch, align_corners false); y mixes floor(s) and the
//           pixel after it, the last one repeated. No antialiasing. CORNER: s = o * in / out (TensorFlow 1). nearest: floor(o * in / out).
//           Positions are exact: s = ((2 o + 1) in - out) / (2 out) in integers, so that no rounding picks another pixel
// grid      8 x 8 x 1: x = columns, y = rows, z = batch * groups
// tolerance nearest none; bilinear: two f32 weights, four products and three sums, plus one rounding to real

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  groups: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

fn pixel(batch: u32, at: vec2u, group: u32) -> vec4f {
  return vec4f(x[((batch * dims.in_size.y + at.y) * dims.in_size.x + at.x) * dims.groups + group]);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.out_size)) {
    return;
  }
  let batch = id.z / dims.groups;
  let group = id.z % dims.groups;
  var value: vec4f;
  if (BILINEAR) {
    let scaled = (2u * id.xy + select(1u, 0u, CORNER)) * dims.in_size;
    let numerator = select(max(scaled, dims.out_size) - dims.out_size, scaled, CORNER);
    let near = numerator / (2u * dims.out_size);
    let far = min(near + 1u, dims.in_size - 1u);
    let t = vec2f(numerator % (2u * dims.out_size)) / vec2f(2u * dims.out_size);
    let top = (1.0 - t.x) * pixel(batch, near, group) + t.x * pixel(batch, vec2u(far.x, near.y), group);
    let bottom = (1.0 - t.x) * pixel(batch, vec2u(near.x, far.y), group) + t.x * pixel(batch, far, group);
    value = (1.0 - t.y) * top + t.y * bottom;
  } else {
    value = pixel(batch, id.xy * dims.in_size / dims.out_size, group);
  }
  let at = ((batch * dims.out_size.y + id.y) * dims.out_size.x + id.x) * dims.groups + group;
  y[at] = real4(value);
}
