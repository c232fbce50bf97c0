// A rectangle around each mark: compose/highlight_box.wgsl.
// in   highlight: scene with marks
// out  premultiplied, over the picture
// grid  a quad a mark, grown by the line
// tolerance  1/255: a few products of f32

const float LINE = 2.0;
const float HAIR = 1.0;
const float HAIR_OPACITY = 0.6;

#if VERTEX

flat out int number;

void main() {
  vec4 box = on_canvas(marks[gl_InstanceID].box);
  float margin = (LINE + 2.0 * HAIR) * ratio + 1.0;
  gl_Position = to_clip(box.xy - margin + quad_corner() * (box.zw + 2.0 * margin));
  number = gl_InstanceID;
}

#else

flat in int number;

void main() {
  Mark mark = marks[number];
  vec4 box = on_canvas(mark.box);
  // As WGSL rounds: halves to even.
  vec2 low = roundEven(box.xy);
  vec4 snapped = vec4(low, roundEven(box.xy + box.zw) - low);
  vec2 place = place_of(gl_FragCoord);
  // Distances of a rectangle with sharp corners.
  vec2 q = abs(place - snapped.xy - snapped.zw * 0.5) - snapped.zw * 0.5;
  float offset = abs(max(q.x, q.y));
  float line = max(1.0, roundEven(LINE * ratio));
  float hair = max(1.0, roundEven(HAIR * ratio));
  float inner = coverage(offset - line * 0.5);
  float outer = coverage(offset - line * 0.5 - hair);
  if (outer <= 0.0 || on_divider(place)) {
    discard;
  }
  vec4 dark = vec4(0.0, 0.0, 0.0, HAIR_OPACITY) * outer;
  colour = over(vec4(mark.colour.rgb, 1.0) * inner, dark) * mark.colour.a;
}

#endif
