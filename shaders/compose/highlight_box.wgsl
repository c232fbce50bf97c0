// A rectangle around each mark.
// in   prelude/highlight: scene with marks
// out  premultiplied, over the picture
// maths  the box's edges snapped to device pixels; a line of its colour, half in, half out, between two dark hairlines, so that it shows
//        on any picture
// grid  a quad a mark, grown by the line
// tolerance  1/255: a few products of f32

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) mark: u32,
}

const LINE = 2.0;
const HAIR = 1.0;
const HAIR_OPACITY = 0.6;

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) mark: u32) -> Corner {
  let box = on_canvas(scene.marks[mark].box);
  let margin = (LINE + 2.0 * HAIR) * scene.ratio + 1.0;
  let place = box.xy - margin + quad_corner(index) * (box.zw + 2.0 * margin);
  return Corner(in_shot(to_clip(place)), mark);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4<f32> {
  let mark = scene.marks[corner.mark];
  let box = on_canvas(mark.box);
  let low = round(box.xy);
  let snapped = vec4<f32>(low, round(box.xy + box.zw) - low);
  // Distances of a rectangle with sharp corners.
  let q = abs(corner.position.xy - snapped.xy - snapped.zw * 0.5) - snapped.zw * 0.5;
  let distance = abs(max(q.x, q.y));
  let line = max(1.0, round(LINE * scene.ratio));
  let hair = max(1.0, round(HAIR * scene.ratio));
  let inner = coverage(distance - line * 0.5);
  let outer = coverage(distance - line * 0.5 - hair);
  if (outer <= 0.0 || on_divider(corner.position.xy)) {
    discard;
  }
  let dark = vec4<f32>(0.0, 0.0, 0.0, HAIR_OPACITY) * outer;
  return over(vec4<f32>(mark.colour.rgb, 1.0) * inner, dark) * mark.colour.a;
}
