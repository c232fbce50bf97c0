// The picture on the canvas: the maths of compose/compose.wgsl.
// in   rect: the picture's rectangle on the target (x, y, width, height), device pixels; split: x of the divider in device pixels from the
//      rectangle's left edge, negative for none; divider: its width, device pixels
//      turn: from the target's rows, which WebGL counts from below on a canvas, to those of the layout: y * turn.x + turn.y
//      picture: enhanced, any size; native: the frame, any size, a bilinear sampler
// out  the target, premultiplied, alpha 1 (the caller's scissor keeps to the rectangle)
// grid  one fragment a device pixel
// tolerance  as compose.wgsl: 1/255 of a float64 reference

uniform vec4 rect;
uniform float split;
uniform float divider;
uniform vec2 turn;
uniform sampler2D picture;
uniform sampler2D native;

layout(location = 0) out vec4 colour;

// A reduction beyond this many pixels a device pixel aliases: nobody enhances to show an eighth of it.
const float MAX_REDUCTION = 8.0;

float cubic(float offset) {
  float d = abs(offset);
  if (d < 1.0) {
    return (1.5 * d - 2.5) * d * d + 1.0;
  }
  if (d < 2.0) {
    return ((2.5 - 0.5 * d) * d - 4.0) * d + 2.0;
  }
  return 0.0;
}

vec3 resample(vec2 place) {
  ivec2 whole = textureSize(picture, 0);
  vec2 size = vec2(whole);
  vec2 reduction = clamp(size / rect.zw, vec2(1.0), vec2(MAX_REDUCTION));
  vec2 center = place * size - 0.5;
  ivec2 first = ivec2(ceil(center - 2.0 * reduction));
  ivec2 last = ivec2(floor(center + 2.0 * reduction));
  vec3 sum = vec3(0.0);
  float total = 0.0;
  for (int y = first.y; y <= last.y; y++) {
    float row = cubic((float(y) - center.y) / reduction.y);
    for (int x = first.x; x <= last.x; x++) {
      float weight = row * cubic((float(x) - center.x) / reduction.x);
      sum += weight * texelFetch(picture, clamp(ivec2(x, y), ivec2(0), whole - 1), 0).rgb;
      total += weight;
    }
  }
  return sum / total;
}

void main() {
  vec2 offset = vec2(gl_FragCoord.x, gl_FragCoord.y * turn.x + turn.y) - rect.xy;
  vec2 place = offset / rect.zw;
  float from_split = offset.x - split;
  if (split >= 0.0 && abs(from_split) < divider * 0.5) {
    colour = vec4(1.0);
  } else if (split >= 0.0 && from_split < 0.0) {
    colour = vec4(textureLod(native, place, 0.0).rgb, 1.0);
  } else {
    colour = vec4(clamp(resample(place), 0.0, 1.0), 1.0);
  }
}
