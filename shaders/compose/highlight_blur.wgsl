// What the marks show cannot be made out.
// in   prelude/highlight: scene with marks; frame: the frame
// out  opaque inside, soft at the rim, over the picture
// maths  a mosaic fixed to the picture, so that it stands still while a mark moves: cells of a power of two device pixels, about an
//        eighth of the box's smaller side and at least LEAST CSS pixels, each the mean of 6x6 bilinear samples of the frame. The box is
//        grown by GROW of its size and LEAST_GROW CSS pixels: a detector's box may cut off a hand or a number plate. Stays over a cut until
//        the next look: rather too much is hidden than too little
// grid  a quad a mark
// tolerance  1/255

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) mark: u32,
}

const GROW = 0.12;
const LEAST_GROW = 6.0;
const LEAST = 10.0;
const ACROSS = 6u;
const CELLS = 8.0;
const RIM = 3.0;

fn covered(mark: Mark) -> vec4<f32> {
  let box = on_canvas(mark.box);
  let by = max(box.zw * GROW, vec2<f32>(LEAST_GROW * scene.ratio));
  return vec4<f32>(box.xy - by, box.zw + 2.0 * by);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) number: u32) -> Corner {
  let box = covered(scene.marks[number]);
  return Corner(to_clip(box.xy + quad_corner(index) * box.zw), number);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4<f32> {
  let mark = scene.marks[corner.mark];
  let place = corner.position.xy;
  if (on_divider(place)) {
    discard;
  }
  let box = covered(mark);
  let wanted = max(min(box.z, box.w) / CELLS, LEAST * scene.ratio);
  let cell = exp2(ceil(log2(wanted)));
  let first = floor((place - scene.rect.xy) / cell) * cell;
  var sum = vec3<f32>(0.0);
  for (var y = 0u; y < ACROSS; y++) {
    for (var x = 0u; x < ACROSS; x++) {
      let at = first + (vec2<f32>(f32(x), f32(y)) + 0.5) / f32(ACROSS) * cell;
      sum += textureSampleLevel(frame, linear, at / scene.rect.zw, 0.0).rgb;
    }
  }
  let inside = 1.0 - smoothstep(-RIM * scene.ratio, 0.0, from_box(place, box, cell));
  return vec4<f32>(sum / f32(ACROSS * ACROSS), 1.0) * inside;
}
