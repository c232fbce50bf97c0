// y = (part of a frame, resampled to a size, − mean) / std.
//
// in        boxes    u32[count * 4]   left, top, right, bottom in steps of `step` pixels
//           frame    texture, any size
// out       y        real4[]   nhwc4 [boxes, out.y, out.x, 1]; the fourth lane is padding
// consts    BICUBIC  Keys' cubic with a = -1/2 (support 2), else the triangle (support 1)
// maths     a pixel's centre lies at box.x0 + (x + 1/2) * scale; the filter is as wide as `max(scale, 1)` of its supports, and its
//           weights over the pixels that exist sum to 1 (Pillow's resampling). Kept to 0..1 before it is normalised
// grid      8 x 8 x 1: x, y = pixel of y, z = box
// tolerance positions and weights in f32, products and sums of every tap; see crop-resize.gpu.test.ts, plus one rounding to real

struct Dims {
  size: vec2u,         // of the frame
  out: vec2u,
  mean: vec3f,
  bgr: u32,
  deviation: vec3f,
  step: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> boxes: array<u32>;
@group(0) @binding(2) var frame: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

const SUPPORT = select(1.0, 2.0, BICUBIC);

fn filter_at(x: f32) -> f32 {
  let t = abs(x);
  if (!BICUBIC) {
    return max(1.0 - t, 0.0);
  }
  if (t < 1.0) {
    return (1.5 * t - 2.5) * t * t + 1.0;
  }
  return select(0.0, ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0, t < 2.0);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.out)) {
    return;
  }
  let at = id.z * 4u;
  let corner = vec2f(vec2u(boxes[at], boxes[at + 1u])) * dims.step;
  let far_corner = vec2f(vec2u(boxes[at + 2u], boxes[at + 3u])) * dims.step;
  let scale = (far_corner - corner) / vec2f(dims.out);
  let center = corner + (vec2f(id.xy) + 0.5) * scale;
  let width = max(scale, vec2f(1.0));
  let reach = SUPPORT * width;
  let first = vec2u(max(center - reach + 0.5, vec2f(0.0)));
  // At least one pixel, also where a box ends outside the frame.
  let start = min(first, dims.size - 1u);
  let end = max(min(vec2u(max(center + reach + 0.5, vec2f(0.0))), dims.size), start + 1u);

  var sum = vec3f(0.0);
  var total = 0.0;
  for (var py = start.y; py < end.y; py++) {
    var row = vec3f(0.0);
    var row_total = 0.0;
    for (var px = start.x; px < end.x; px++) {
      let weight = filter_at((f32(px) + 0.5 - center.x) / width.x);
      row += weight * textureLoad(frame, vec2u(px, py), 0).rgb;
      row_total += weight;
    }
    let weight = filter_at((f32(py) + 0.5 - center.y) / width.y);
    sum += weight * row;
    total += weight * row_total;
  }
  let rgb = clamp(sum / total, vec3f(0.0), vec3f(1.0));
  let value = (select(rgb, rgb.bgr, dims.bgr == 1u) - dims.mean) / dims.deviation;
  y[(id.z * dims.out.y + id.y) * dims.out.x + id.x] = real4(vec4f(value, 0.0));
}
