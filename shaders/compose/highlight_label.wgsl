// The marks' labels.
// in   prelude/highlight: scene with marks; atlas: plates with text, unpremultiplied
// out  premultiplied, over the picture
// maths  above the box at its left edge, inside where there is no room above, moved in from the picture's edges; whole pixels at the size
//        the text was drawn for, so that it stays crisp
// grid  a quad a mark
// tolerance  exact where label_scale is 1

struct Corner {
  @builtin(position) position: vec4<f32>,
  @location(0) @interpolate(flat) mark: u32,
  // Pixels of the atlas.
  @location(1) at: vec2<f32>,
}

const GAP = 3.0;

@vertex
fn vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) number: u32) -> Corner {
  let mark = scene.marks[number];
  let box = on_canvas(mark.box);
  let size = mark.label.zw * scene.label_scale;
  let gap = GAP * scene.ratio;
  let above = box.y - gap - size.y;
  let top = select(above, box.y + gap, above < scene.rect.y);
  let visible = vec4<f32>(max(scene.rect.xy, vec2<f32>(0.0)), min(scene.rect.xy + scene.rect.zw, scene.canvas));
  let most = max(visible.xy, visible.zw - size);
  let low = round(clamp(vec2<f32>(box.x, top), visible.xy, most));
  let part = quad_corner(index);
  return Corner(in_shot(to_clip(low + part * size)), number, mark.label.xy + part * mark.label.zw);
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
