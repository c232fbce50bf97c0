// How alike each place is to the prompts.
// in   prelude/highlight: scene with the colours of the prompts; heat: a layer a prompt, 0 to 1
// out  premultiplied, over the picture
// maths  a cubic step from LOW to HIGH of the smoothed map is the opacity, up to OPACITY; the colour goes from the prompt's to white at
//        the peak. Layers one over the other
// grid  one triangle over the picture
// tolerance  1/255

const LOW = 0.35;
const HIGH = 0.9;
const OPACITY = 0.72;

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
  let place = (position.xy - scene.rect.xy) / scene.rect.zw;
  var sum = vec4<f32>(0.0);
  for (var layer = 0u; layer < u32(scene.layers); layer++) {
    let strength = smoothstep(LOW, HIGH, smooth_heat(place, i32(layer)));
    let colour = mix(scene.colours[layer].rgb, vec3<f32>(1.0), 0.4 * strength * strength);
    sum = over(vec4<f32>(colour, 1.0) * strength * OPACITY, sum);
  }
  return sum;
}
