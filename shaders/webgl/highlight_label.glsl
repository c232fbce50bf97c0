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

void main() {
  Mark mark = marks[gl_InstanceID];
  vec4 box = on_canvas(mark.box);
  vec2 size = mark.label.zw * label_scale;
  float gap = GAP * ratio;
  float above = box.y - gap - size.y;
  float top = above < rect.y ? box.y + gap : above;
  vec4 visible = vec4(max(rect.xy, vec2(0.0)), min(rect.xy + rect.zw, canvas));
  vec2 most = max(visible.xy, visible.zw - size);
  vec2 low = roundEven(clamp(vec2(box.x, top), visible.xy, most));
  vec2 part = quad_corner();
  gl_Position = to_clip(low + part * size);
  number = gl_InstanceID;
  at = mark.label.xy + part * mark.label.zw;
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
