// End of conv_chain.wgsl: the last convolution, added to the enlarged frame.

@group(0) @binding(4) var picture: texture_storage_2d<rgba8unorm, write>;

fn finish(at: vec2u, cell: vec2u, taps: u32, groups: u32, tail_at: u32) {
  store_x2(at, dims.size, dims.strength * tail_sum(cell, taps, groups, tail_at));
}
