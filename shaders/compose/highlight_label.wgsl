// The marks' labels.
// in   prelude/highlight: scene with marks; atlas: plates with text, unpremultiplied
// out  premultiplied, over the picture
// maths  above the box at its left edge, inside where there is no room above, moved in from the picture's edges; whole pixels at the size
//        the text was drawn for, so that it stays crisp. On a canvas that lies mirrored or upside down on the screen the text is turned within its plate, on one that
//        lies on its side the plate as well
// grid  a quad a mark
// tolerance  exact where label_scale is 1

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) mark: u32,
  // Pixels of the atlas.
  @location(1) at: vec2<f32>,
}

const GAP = 3.0;

// A rectangle of the canvas as the screen has it: left, top, right, bottom.
fn on_screen(low: vec2<f32>, high: vec2<f32>, steps: vec4<f32>) -> vec4<f32> {
  let a = steps.xy * low.x + steps.zw * low.y;
  let b = steps.xy * high.x + steps.zw * high.y;
  return vec4<f32>(min(a, b), max(a, b));
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) number: u32) -> Corner {
  let mark = scene.marks[number];
  let lying = screen_steps();
  let aside = lying.x == 0.0;
  let steps = select(vec4<f32>(1.0, 0.0, 0.0, 1.0), lying, aside);
  let placed = on_canvas(mark.box);
  let box = on_screen(placed.xy, placed.xy + placed.zw, steps);
  let whole = on_screen(scene.rect.xy, scene.rect.xy + scene.rect.zw, steps);
  let size = mark.label.zw * scene.label_scale;
  let gap = GAP * scene.ratio;
  let above = box.y - gap - size.y;
  let top = select(above, box.y + gap, above < whole.y);
  let seen_low = max(scene.rect.xy, vec2<f32>(0.0));
  let seen_high = min(scene.rect.xy + scene.rect.zw, scene.canvas);
  let visible = on_screen(seen_low, seen_high, steps);
  let most = max(visible.xy, visible.zw - size);
  let low = round(clamp(vec2<f32>(box.x, top), visible.xy, most));
  let part = quad_corner(index);
  let place = low + part * size;
  // Steps are a rotation, mirrored or not: turned back by its transpose.
  let back = vec2<f32>(dot(steps.xy, place), dot(steps.zw, place));
  let text = select(part, 1.0 - part, lying.xw < vec2<f32>(0.0));
  return Corner(in_shot(to_clip(back)), number, mark.label.xy + text * mark.label.zw);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4<f32> {
  if (on_divider(corner.position.xy)) {
    discard;
  }
  let size = vec2<f32>(textureDimensions(atlas));
  let texel = textureSampleLevel(atlas, linear, corner.at / size, 0.0);
  return vec4<f32>(texel.rgb * texel.a, texel.a) * scene.marks[corner.mark].colour.a;
}
