// A frame as a network's input.
// in   settings: size = width, height of the tensor; scale, offset: of values
//      frame: any size
// out  tensor: [height, width, 3] f32, red first: scale * byte + offset, byte 0 to 255
// maths  the whole frame, stretched: a triangle filter in both directions, its support widened by the reduction where the frame is
//        larger, weights normalised; edges clamp. The same as bilinear where the frame is smaller
// grid  one invocation a pixel of the tensor, 8x8 a workgroup
// tolerance  1/255 of a float64 reference, before scale: weighted means of bytes in f32

struct Settings {
  size: vec2<u32>,
  scale: f32,
  offset: f32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> tensor: array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (any(id.xy >= settings.size)) {
    return;
  }
  let size = vec2<f32>(textureDimensions(frame));
  let reduction = max(size / vec2<f32>(settings.size), vec2<f32>(1.0));
  let center = (vec2<f32>(id.xy) + 0.5) / vec2<f32>(settings.size) * size - 0.5;
  let first = vec2<i32>(ceil(center - reduction));
  let last = vec2<i32>(floor(center + reduction));
  let limit = vec2<i32>(size) - 1;
  var sum = vec3<f32>(0.0);
  var total = 0.0;
  for (var y = first.y; y <= last.y; y++) {
    let row = max(0.0, 1.0 - abs(f32(y) - center.y) / reduction.y);
    for (var x = first.x; x <= last.x; x++) {
      let weight = row * max(0.0, 1.0 - abs(f32(x) - center.x) / reduction.x);
      sum += weight * textureLoad(frame, clamp(vec2<i32>(x, y), vec2<i32>(0), limit), 0).rgb;
      total += weight;
    }
  }
  let value = sum / total * 255.0 * settings.scale + settings.offset;
  let at = (id.y * settings.size.x + id.x) * 3u;
  tensor[at] = value.x;
  tensor[at + 1u] = value.y;
  tensor[at + 2u] = value.z;
}
