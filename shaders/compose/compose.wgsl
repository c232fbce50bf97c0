// The picture on the canvas.
// in   arrangement: rect = picture's rectangle on the canvas (x, y, width, height), device pixels; split = x of the divider in device
//      pixels from the rectangle's left edge, negative for none; divider = its width, device pixels
//      picture: enhanced, any size; native: the frame, any size; linear: a bilinear sampler
// out  the canvas, premultiplied, alpha 1 (the caller's scissor keeps to the rectangle)
// maths  right of the divider: Catmull-Rom (cubic convolution, a = -1/2; Keys 1981) in both directions at once, its support widened
//        by the reduction where the picture is larger than its rectangle, weights normalised; edges clamp.
//        left of it: bilinear, as browsers draw a video
// grid  one fragment a device pixel
// tolerance  1/255 of a float64 reference: sums of at most 16x16 products in f32 stay far below the rounding of an 8-bit canvas

struct Layout {
  rect: vec4<f32>,
  split: f32,
  divider: f32,
}

@group(0) @binding(0) var<uniform> arrangement: Layout;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var native: texture_2d<f32>;
@group(0) @binding(3) var linear: sampler;

// A reduction beyond this many pixels a device pixel aliases: nobody enhances to show an eighth of it.
const MAX_REDUCTION = 8.0;
const DIVIDER_COLOR = vec4<f32>(1.0, 1.0, 1.0, 1.0);

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
  // One triangle over the whole canvas.
  let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
  return vec4<f32>(corner * 4.0 - 1.0, 0.0, 1.0);
}

fn cubic(distance: f32) -> f32 {
  let d = abs(distance);
  if (d < 1.0) {
    return (1.5 * d - 2.5) * d * d + 1.0;
  }
  if (d < 2.0) {
    return ((2.5 - 0.5 * d) * d - 4.0) * d + 2.0;
  }
  return 0.0;
}

fn resample(place: vec2<f32>) -> vec3<f32> {
  let size = vec2<f32>(textureDimensions(picture));
  let reduction = clamp(size / arrangement.rect.zw, vec2<f32>(1.0), vec2<f32>(MAX_REDUCTION));
  let center = place * size - 0.5;
  let first = vec2<i32>(ceil(center - 2.0 * reduction));
  let last = vec2<i32>(floor(center + 2.0 * reduction));
  let limit = vec2<i32>(size) - 1;
  var sum = vec3<f32>(0.0);
  var total = 0.0;
  for (var y = first.y; y <= last.y; y++) {
    let row = cubic((f32(y) - center.y) / reduction.y);
    for (var x = first.x; x <= last.x; x++) {
      let weight = row * cubic((f32(x) - center.x) / reduction.x);
      let at = clamp(vec2<i32>(x, y), vec2<i32>(0), limit);
      sum += weight * textureLoad(picture, at, 0).rgb;
      total += weight;
    }
  }
  return sum / total;
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
  let offset = position.xy - arrangement.rect.xy;
  let place = offset / arrangement.rect.zw;
  let fromSplit = offset.x - arrangement.split;
  if (arrangement.split >= 0.0 && abs(fromSplit) < arrangement.divider * 0.5) {
    return DIVIDER_COLOR;
  }
  if (arrangement.split >= 0.0 && fromSplit < 0.0) {
    return vec4<f32>(textureSampleLevel(native, linear, place, 0.0).rgb, 1.0);
  }
  return vec4<f32>(clamp(resample(place), vec3<f32>(0.0), vec3<f32>(1.0)), 1.0);
}
