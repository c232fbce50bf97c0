// Everything but the marks dimmed: compose/highlight_spotlight.wgsl.
// in   highlight: scene with marks
// out  black of the opacity that dims
// grid  one triangle over the picture, where there are marks at all
// tolerance  1/255

const float DIMMED = 0.68;
const float EDGE = 28.0;
const float MARGIN = 4.0;
const float RADIUS = 24.0;

#if VERTEX

void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}

#else

void main() {
  vec2 place = place_of(gl_FragCoord);
  if (on_divider(place)) {
    discard;
  }
  float margin = MARGIN * ratio;
  float dark = 1.0;
  for (int i = 0; i < int(count); i++) {
    vec4 box = on_canvas(marks[i].box);
    vec4 wide = vec4(box.xy - margin, box.zw + 2.0 * margin);
    float shade = smoothstep(0.0, EDGE * ratio, from_box(place, wide, RADIUS * ratio));
    float opacity = marks[i].colour.a;
    dark = min(dark, shade * opacity + 1.0 - opacity);
  }
  colour = vec4(0.0, 0.0, 0.0, DIMMED * dark);
}

#endif
