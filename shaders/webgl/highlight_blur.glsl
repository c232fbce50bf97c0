// What the marks show cannot be made out: compose/highlight_blur.wgsl.
// in   highlight: scene with marks; frame: the frame, a bilinear sampler
// out  opaque inside, soft at the rim, over the picture
// grid  a quad a mark
// tolerance  1/255

const float GROW = 0.12;
const float LEAST_GROW = 6.0;
const float LEAST = 10.0;
const int ACROSS = 6;
const float CELLS = 8.0;
const float RIM = 3.0;

vec4 covered(Mark mark) {
  vec4 box = on_canvas(mark.box);
  vec2 by = max(box.zw * GROW, vec2(LEAST_GROW * ratio));
  return vec4(box.xy - by, box.zw + 2.0 * by);
}

#if VERTEX

flat out int number;

void main() {
  vec4 box = covered(marks[gl_InstanceID]);
  gl_Position = to_clip(box.xy + quad_corner() * box.zw);
  number = gl_InstanceID;
}

#else

flat in int number;

uniform sampler2D frame;

void main() {
  vec2 place = place_of(gl_FragCoord);
  if (on_divider(place)) {
    discard;
  }
  vec4 box = covered(marks[number]);
  float wanted = max(min(box.z, box.w) / CELLS, LEAST * ratio);
  float cell = exp2(ceil(log2(wanted)));
  vec2 first = floor((place - rect.xy) / cell) * cell;
  vec3 sum = vec3(0.0);
  for (int y = 0; y < ACROSS; y++) {
    for (int x = 0; x < ACROSS; x++) {
      vec2 at = first + (vec2(x, y) + 0.5) / float(ACROSS) * cell;
      sum += textureLod(frame, at / rect.zw, 0.0).rgb;
    }
  }
  float inside = 1.0 - smoothstep(-RIM * ratio, 0.0, from_box(place, box, cell));
  colour = vec4(sum / float(ACROSS * ACROSS), 1.0) * inside;
}

#endif
