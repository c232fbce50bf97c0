// What all highlights share, as prelude/highlight.wgsl: the marks, where they lie on the target, and quads over them. Cuts are not
// counted in WebGL, and there are no heat maps: both need a detector on the device.

struct Mark {
  // x, y, width, height; fractions of the picture.
  vec4 box;
  vec4 look;
  // Red, green, blue; opacity.
  vec4 colour;
  // x, y, width, height in the atlas of labels, pixels; no width: no label.
  vec4 label;
  vec4 heat;
};

layout(std140) uniform Scene {
  // The picture's rectangle on the target: x, y, width, height, device pixels.
  vec4 rect;
  vec2 canvas;
  // As in compose.
  float split;
  float divider;
  // Device pixels a CSS pixel: what strokes are measured in.
  float ratio;
  float count;
  // Device pixels a pixel of the atlas.
  float label_scale;
  float layers;
  // Third and fourth, as `turn` there: how the target lies on the screen.
  vec4 cuts;
  vec4 colours[32];
  Mark marks[64];
};

// As in compose: from the target's rows to the layout's.
uniform vec2 turn;

// A box of the picture in device pixels of the target.
vec4 on_canvas(vec4 box) {
  return vec4(rect.xy + box.xy * rect.zw, box.zw * rect.zw);
}

// Distance from a box with round corners, pixels; inside negative.
float from_box(vec2 place, vec4 box, float radius) {
  vec2 half_size = box.zw * 0.5;
  float reach = min(radius, min(half_size.x, half_size.y));
  vec2 q = abs(place - box.xy - half_size) - half_size + reach;
  return length(max(q, vec2(0.0))) + min(max(q.x, q.y), 0.0) - reach;
}

#if VERTEX

vec4 to_clip(vec2 place) {
  vec2 across = place / canvas * 2.0 - 1.0;
  return vec4(across.x, across.y * turn.x, 0.0, 1.0);
}

// From directions on the target to those on the screen: x, y of a step to the right, x, y of a step down.
vec4 screen_steps() {
  int quarters = int(cuts.z);
  float c = float[4](1.0, 0.0, -1.0, 0.0)[quarters];
  float s = float[4](0.0, 1.0, 0.0, -1.0)[quarters];
  float mirror = 1.0 - 2.0 * cuts.w;
  return vec4(c * mirror, s * mirror, -s, c);
}

// Corner of a quad, fractions: two triangles.
vec2 quad_corner() {
  int corner = int[6](0, 1, 2, 2, 1, 3)[gl_VertexID];
  return vec2(corner & 1, corner >> 1);
}

#else

layout(location = 0) out vec4 colour;

// Device pixels of the layout.
vec2 place_of(vec4 position) {
  return vec2(position.x, position.y * turn.x + turn.y);
}

// The line of the split stays free.
bool on_divider(vec2 place) {
  return split >= 0.0 && abs(place.x - rect.x - split) < divider * 0.5;
}

// Coverage of what lies at distances below 0, over one pixel.
float coverage(float offset) {
  return clamp(0.5 - offset, 0.0, 1.0);
}

vec4 over(vec4 top, vec4 below) {
  return top + below * (1.0 - top.a);
}

#endif
