// Everything but the marks dimmed.
// in   prelude/highlight: scene with marks
// out  black of the opacity that dims
// maths  smallest distance from the marks' round boxes; 0 inside, the whole dimming from EDGE CSS pixels outside on, a cubic step between
// grid  one triangle over the picture, where there are marks at all
// tolerance  1/255

const DIMMED = 0.68;
const EDGE = 28.0;
const MARGIN = 4.0;
const RADIUS = 24.0;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
  let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
  return in_shot(vec4<f32>(corner * 4.0 - 1.0, 0.0, 1.0));
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
  if (on_divider(position.xy)) {
    discard;
  }
  let margin = MARGIN * scene.ratio;
  var dark = 1.0;
  for (var i = 0u; i < u32(scene.count); i++) {
    let mark = scene.marks[i];
    let box = on_canvas(mark.box);
    let wide = vec4<f32>(box.xy - margin, box.zw + 2.0 * margin);
    let distance = from_box(position.xy, wide, RADIUS * scene.ratio);
    dark = min(dark, smoothstep(0.0, EDGE * scene.ratio, distance) * mark.colour.a + 1.0 - mark.colour.a);
  }
  return vec4<f32>(0.0, 0.0, 0.0, DIMMED * dark);
}
