// A soft line around each mark.
// in   prelude/highlight: scene with marks; heat: the map of each prompt, where there is one
// out  premultiplied, over the picture
// maths  distance from a box with round corners; where the heat map is finer than the box, from the line on which the map has the middle
//        between the box's edge and its peak: (level - h) / |grad h|, kept inside the box. Line of 2.5 CSS pixels over a soft dark halo
// grid  a quad a mark, grown by line and halo
// tolerance  1/255 but for the exponential's: 2 ULP of f32

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) mark: u32,
  // Value of the map on the contour; below 0: the box itself is the contour.
  @location(1) @interpolate(flat) level: f32,
}

const LINE = 2.5;
const HALO = 5.0;
const HALO_OPACITY = 0.55;
const RADIUS = 12.0;
// A contour of fewer cells each way would be a guess.
const FEWEST_CELLS = 4.0;
const SAMPLES = 8u;
// Between the mean of the box's rim (0) and its peak (1).
const CONTOUR = 0.45;
const LEAST_CONTRAST = 0.06;

// Rim and peak of the map in the box of the look.
fn contour_level(mark: Mark) -> f32 {
  let layer = i32(mark.heat.x);
  let cells = vec2<f32>(textureDimensions(heat)) * mark.seen_at.zw;
  if (layer < 0 || min(cells.x, cells.y) < FEWEST_CELLS) {
    return -1.0;
  }
  var peak = 0.0;
  var rim = 0.0;
  for (var y = 0u; y < SAMPLES; y++) {
    for (var x = 0u; x < SAMPLES; x++) {
      let at = (vec2<f32>(f32(x), f32(y)) + 0.5) / f32(SAMPLES);
      let value = smooth_heat(mark.seen_at.xy + at * mark.seen_at.zw, layer);
      peak = max(peak, value);
      let edge = x == 0u || y == 0u || x == SAMPLES - 1u || y == SAMPLES - 1u;
      rim += select(0.0, value / f32(4u * SAMPLES - 4u), edge);
    }
  }
  return select(-1.0, mix(rim, peak, CONTOUR), peak - rim > LEAST_CONTRAST);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) number: u32) -> Corner {
  let mark = scene.marks[number];
  let box = on_canvas(mark.box);
  let margin = (LINE + 2.0 * HALO) * scene.ratio + 1.0;
  let place = box.xy - margin + quad_corner(index) * (box.zw + 2.0 * margin);
  return Corner(in_shot(to_clip(place)), number, contour_level(mark));
}

fn from_contour(place: vec2<f32>, mark: Mark, box: vec4<f32>, level: f32) -> f32 {
  let layer = i32(mark.heat.x);
  let at = mark.seen_at.xy + (place - box.xy) / box.zw * mark.seen_at.zw;
  // Half a cell of the map, in its own coordinates and in pixels.
  let step = 0.5 / vec2<f32>(textureDimensions(heat));
  let pixels = step / mark.seen_at.zw * box.zw;
  let right = smooth_heat(at + vec2<f32>(step.x, 0.0), layer);
  let left = smooth_heat(at - vec2<f32>(step.x, 0.0), layer);
  let below = smooth_heat(at + vec2<f32>(0.0, step.y), layer);
  let above = smooth_heat(at - vec2<f32>(0.0, step.y), layer);
  let value = smooth_heat(at, layer);
  let slope = length(vec2<f32>(right - left, below - above) / (2.0 * pixels));
  return (level - value) / max(slope, 1e-4);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4<f32> {
  let mark = scene.marks[corner.mark];
  let place = corner.position.xy;
  if (on_divider(place)) {
    discard;
  }
  let box = on_canvas(mark.box);
  var distance = from_box(place, box, RADIUS * scene.ratio);
  if (corner.level >= 0.0) {
    distance = max(distance, from_contour(place, mark, box, corner.level));
  }
  let line = coverage(abs(distance) - LINE * 0.5 * scene.ratio);
  let far = distance / (HALO * scene.ratio);
  let halo = HALO_OPACITY * exp(-far * far);
  return over(vec4<f32>(mark.colour.rgb, 1.0) * line, vec4<f32>(0.0, 0.0, 0.0, halo)) * mark.colour.a;
}
