// How alike each place is to the prompts.
// in   prelude/highlight: scene with the colours of the prompts; heat: a layer a prompt, 0 to 1
// out  premultiplied, over the picture
// maths  the smoothed map over its own peak, which counts as LEAST_PEAK at least, so that what is nowhere stays dark; a cubic step of it
//        from LOW to HIGH is the opacity, up to OPACITY; the colour goes from the prompt's to white at the peak
// grid  a triangle over the picture a prompt, one blended over the other
// tolerance  1/255

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) layer: i32,
  @location(1) @interpolate(flat) peak: f32,
}

const LOW = 0.25;
const HIGH = 0.9;
const OPACITY = 0.75;
const LEAST_PEAK = 0.2;
// Samples each way that look for the peak.
const MOST_SAMPLES = 24.0;

fn peak_of(layer: i32) -> f32 {
  let samples = min(vec2<f32>(textureDimensions(heat)), vec2<f32>(MOST_SAMPLES));
  var peak = LEAST_PEAK;
  for (var y = 0.5; y < samples.y; y += 1.0) {
    for (var x = 0.5; x < samples.x; x += 1.0) {
      peak = max(peak, smooth_heat(vec2<f32>(x, y) / samples, layer));
    }
  }
  return peak;
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) layer: u32) -> Corner {
  let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
  return Corner(in_shot(vec4<f32>(corner * 4.0 - 1.0, 0.0, 1.0)), i32(layer), peak_of(i32(layer)));
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4<f32> {
  if (on_divider(corner.position.xy)) {
    discard;
  }
  let place = (corner.position.xy - scene.rect.xy) / scene.rect.zw;
  let strength = smoothstep(LOW, HIGH, smooth_heat(place, corner.layer) / corner.peak);
  let colour = mix(scene.colours[corner.layer].rgb, vec3<f32>(1.0), 0.4 * strength * strength);
  return vec4<f32>(colour, 1.0) * strength * OPACITY;
}
