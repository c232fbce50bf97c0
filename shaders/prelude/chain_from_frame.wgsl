// Start of conv_chain.wgsl: the first layer, from the frame's luma, modulated where there is a map.

@group(0) @binding(3) var<storage, read> map: array<real4>;

fn staged(at: vec2u, cell: vec2u, group: u32, taps: u32) -> vec4f {
  let value = first_layer(cell, group, taps);
  if (MODULATE) {
    return modulated(vec4f(real4(value)), at, group, GROUPS);
  }
  return value;
}
