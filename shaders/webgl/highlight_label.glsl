// The marks' labels: compose/highlight_label.wgsl.
// in   highlight: scene with marks; atlas: plates with text, unpremultiplied
// out  premultiplied, over the picture
// grid  a quad a mark
// tolerance  exact where label_scale is 1

const float GAP = 3.0;

#if VERTEX

flat out int number;
// Pixels of the atlas.
out vec2 at;

// A rectangle of the target as the screen has it: left, top, right, bottom.
vec4 on_screen(vec2 low, vec2 high, vec4 steps) {
  vec2 a = steps.xy * low.x + steps.zw * low.y;
  vec2 b = steps.xy * high.x + steps.zw * high.y;
  return vec4(min(a, b), max(a, b));
}

void main() {
  Mark mark = marks[gl_InstanceID];
  vec4 lying = screen_steps();
  vec4 steps = lying.x == 0.0 ? lying : vec4(1.0, 0.0, 0.0, 1.0);
  vec4 placed = on_canvas(mark.box);
  vec4 box = on_screen(placed.xy, placed.xy + placed.zw, steps);
  vec4 whole = on_screen(rect.xy, rect.xy + rect.zw, steps);
  vec2 size = mark.label.zw * label_scale;
  float gap = GAP * ratio;
  float above = box.y - gap - size.y;
  float top = above < whole.y ? box.y + gap : above;
  vec4 visible = on_screen(max(rect.xy, vec2(0.0)), min(rect.xy + rect.zw, canvas), steps);
  vec2 most = max(visible.xy, visible.zw - size);
  vec2 low = roundEven(clamp(vec2(box.x, top), visible.xy, most));
  vec2 part = quad_corner();
  vec2 place = low + part * size;
  gl_Position = to_clip(vec2(dot(steps.xy, place), dot(steps.zw, place)));
  number = gl_InstanceID;
  vec2 text = vec2(lying.x < 0.0 ? 1.0 - part.x : part.x, lying.w < 0.0 ? 1.0 - part.y : part.y);
  at = mark.label.xy + text * mark.label.zw;
}

#else

flat in int number;
in vec2 at;

uniform sampler2D atlas;

void main() {
  if (on_divider(place_of(gl_FragCoord))) {
    discard;
  }
  vec4 texel = textureLod(atlas, at / vec2(textureSize(atlas, 0)), 0.0);
  colour = vec4(texel.rgb * texel.a, texel.a) * marks[number].colour.a;
}

#endif
