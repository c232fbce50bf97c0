// A soft line around each mark: compose/highlight_outline.wgsl where there is no heat map.
// in   highlight: scene with marks
// out  premultiplied, over the picture
// maths  distance from a box with round corners; line of 2.5 CSS pixels over a soft dark halo
// grid  a quad a mark, grown by line and halo
// tolerance  1/255 but for the exponential's: 2 ULP of f32

const float LINE = 2.5;
const float HALO = 5.0;
const float HALO_OPACITY = 0.55;
const float RADIUS = 12.0;

#if VERTEX

flat out int number;

void main() {
  vec4 box = on_canvas(marks[gl_InstanceID].box);
  float margin = (LINE + 2.0 * HALO) * ratio + 1.0;
  gl_Position = to_clip(box.xy - margin + quad_corner() * (box.zw + 2.0 * margin));
  number = gl_InstanceID;
}

#else

flat in int number;

void main() {
  Mark mark = marks[number];
  vec2 place = place_of(gl_FragCoord);
  if (on_divider(place)) {
    discard;
  }
  float offset = from_box(place, on_canvas(mark.box), RADIUS * ratio);
  float line = coverage(abs(offset) - LINE * 0.5 * ratio);
  float far = offset / (HALO * ratio);
  float halo = HALO_OPACITY * exp(-far * far);
  colour = over(vec4(mark.colour.rgb, 1.0) * line, vec4(0.0, 0.0, 0.0, halo)) * mark.colour.a;
}

#endif
