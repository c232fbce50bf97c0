// What all highlights share: the marks, where they lie on the canvas, and quads over them.
struct Mark {
  // x, y, width, height; fractions of the picture.
  box: vec4<f32>,
  // The same where the last look saw it: there the heat map belongs to it.
  seen_at: vec4<f32>,
  // Red, green, blue; opacity.
  colour: vec4<f32>,
  // x, y, width, height in the atlas of labels, pixels; no width: no label.
  label: vec4<f32>,
  // Layer of the heat map; below 0: none.
  heat: vec4<f32>,
}

struct Scene {
  // The picture's rectangle on the canvas: x, y, width, height, device pixels.
  rect: vec4<f32>,
  canvas: vec2<f32>,
  // As in compose.
  split: f32,
  divider: f32,
  // Device pixels a CSS pixel: what strokes are measured in.
  ratio: f32,
  count: f32,
  // Device pixels a pixel of the atlas.
  label_scale: f32,
  // Prompts that have a layer in the heat map.
  layers: f32,
  // Cuts up to this frame, counted on the GPU, and up to the look that the marks are of; below 0: not counted.
  cuts: u32,
  cuts_known: f32,
  // How the canvas lies on the screen: quarter turns clockwise, after it was mirrored left to right where the second is 1.
  turn: vec2<f32>,
  // Colours of the prompts, by layer.
  colours: array<vec4<f32>, 32>,
  marks: array<Mark, 64>,
}

@group(0) @binding(0) var<uniform> scene: Scene;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var linear: sampler;
@group(0) @binding(3) var atlas: texture_2d<f32>;
@group(0) @binding(4) var heat: texture_2d_array<f32>;

// A box of the picture in device pixels of the canvas.
fn on_canvas(box: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(scene.rect.xy + box.xy * scene.rect.zw, box.zw * scene.rect.zw);
}

fn to_clip(place: vec2<f32>) -> vec4<f32> {
  let across = place / scene.canvas * 2.0 - 1.0;
  return vec4<f32>(across.x, -across.y, 0.0, 1.0);
}

// The corner of what belongs to the shot of the look: nowhere once there has been a cut since.
fn in_shot(corner: vec4<f32>) -> vec4<f32> {
  let cut = scene.cuts_known >= 0.0 && f32(scene.cuts) != scene.cuts_known;
  return select(corner, vec4<f32>(0.0, 0.0, 0.0, 1.0), cut);
}

// From directions on the canvas to those on the screen: x, y of a step to the right, x, y of a step down.
fn screen_steps() -> vec4<f32> {
  let quarters = u32(scene.turn.x);
  let c = array<f32, 4>(1.0, 0.0, -1.0, 0.0)[quarters];
  let s = array<f32, 4>(0.0, 1.0, 0.0, -1.0)[quarters];
  let mirror = 1.0 - 2.0 * scene.turn.y;
  return vec4<f32>(c * mirror, s * mirror, -s, c);
}

// Corner of a quad, fractions: two triangles.
fn quad_corner(index: u32) -> vec2<f32> {
  let corner = array<u32, 6>(0u, 1u, 2u, 2u, 1u, 3u)[index];
  return vec2<f32>(f32(corner & 1u), f32(corner >> 1u));
}

// The line of the split stays free.
fn on_divider(place: vec2<f32>) -> bool {
  return scene.split >= 0.0 && abs(place.x - scene.rect.x - scene.split) < scene.divider * 0.5;
}

// Distance from a box with round corners, pixels; inside negative.
fn from_box(place: vec2<f32>, box: vec4<f32>, radius: f32) -> f32 {
  let half_size = box.zw * 0.5;
  let reach = min(radius, min(half_size.x, half_size.y));
  let q = abs(place - box.xy - half_size) - half_size + reach;
  return length(max(q, vec2<f32>(0.0))) + min(max(q.x, q.y), 0.0) - reach;
}

// Coverage of what lies at distances below 0, over one pixel.
fn coverage(distance: f32) -> f32 {
  return clamp(0.5 - distance, 0.0, 1.0);
}

fn over(top: vec4<f32>, below: vec4<f32>) -> vec4<f32> {
  return top + below * (1.0 - top.a);
}

// The heat map at a place, fractions of the picture: cubic B-spline of 4x4 texels by four bilinear samples (Sigg & Hadwiger 2005), so
// that no cell shows.
fn smooth_heat(place: vec2<f32>, layer: i32) -> f32 {
  let size = vec2<f32>(textureDimensions(heat));
  let at = place * size - 0.5;
  let cell = floor(at);
  let t = at - cell;
  let s = 1.0 - t;
  let w0 = s * s * s / 6.0;
  let w1 = (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0;
  let w3 = t * t * t / 6.0;
  let w2 = 1.0 - w0 - w1 - w3;
  let low = (cell - 0.5 + w1 / (w0 + w1)) / size;
  let high = (cell + 1.5 + w3 / (w2 + w3)) / size;
  let across = w0 + w1;
  let a = textureSampleLevel(heat, linear, low, layer, 0.0).r;
  let b = textureSampleLevel(heat, linear, vec2<f32>(high.x, low.y), layer, 0.0).r;
  let c = textureSampleLevel(heat, linear, vec2<f32>(low.x, high.y), layer, 0.0).r;
  let d = textureSampleLevel(heat, linear, high, layer, 0.0).r;
  return mix(mix(d, c, across.x), mix(b, a, across.x), across.y);
}
