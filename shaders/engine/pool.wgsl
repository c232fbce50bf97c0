// y = max or mean of x over windows.
//
// in        x   real4[]   nhwc4 [batch, in_height, in_width, groups]
// out       y   real4[]   nhwc4 [batch, out_height, out_width, groups]
// consts    AVERAGE (bool)
// maths     positions outside x: left out of the maximum; zeros in the sum, and counted where count_padding is 1
// grid      8 x 8 x 1: x = columns, y = rows, z = batch * groups
// tolerance max none; mean: an f32 sum of kernel_h * kernel_w terms and a division, plus one rounding to real

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  stride: vec2u,
  kernel_size: vec2u,
  padding: vec2u,
  groups: u32,
  count_padding: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.out_size)) {
    return;
  }
  let batch = id.z / dims.groups;
  let group = id.z % dims.groups;
  // Where the window begins and ends in padded coordinates, cut to x; padding is at most half a window, so something is left.
  let begin = id.xy * dims.stride;
  let first = max(begin, dims.padding) - dims.padding;
  let end = min(begin + dims.kernel_size - dims.padding, dims.in_size);
  let origin = batch * dims.in_size.y;
  var value = vec4f(x[((origin + first.y) * dims.in_size.x + first.x) * dims.groups + group]);
  if (AVERAGE) {
    value = vec4f(0.0);
  }
  for (var in_y = first.y; in_y < end.y; in_y++) {
    for (var in_x = first.x; in_x < end.x; in_x++) {
      let here = vec4f(x[((origin + in_y) * dims.in_size.x + in_x) * dims.groups + group]);
      if (AVERAGE) {
        value += here;
      } else {
        value = max(value, here);
      }
    }
  }
  if (AVERAGE) {
    let inside = end - first;
    let counted = select(inside, dims.kernel_size, dims.count_padding == 1u);
    value /= f32(counted.x * counted.y);
  }
  let at = ((batch * dims.out_size.y + id.y) * dims.out_size.x + id.x) * dims.groups + group;
  y[at] = real4(value);
}
