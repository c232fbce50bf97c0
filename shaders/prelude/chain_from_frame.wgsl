// Start of conv_chain.wgsl: the first layer, from the frame's luma.

fn staged(at: vec2u, cell: vec2u, group: u32, taps: u32) -> vec4f {
  return first_layer(cell, group, taps);
}
