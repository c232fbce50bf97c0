// End of conv_chain.wgsl: features for a later dispatch.

@group(0) @binding(4) var<storage, read_write> y: array<real4>;

fn finish(at: vec2u, cell: vec2u, taps: u32, groups: u32, tail_at: u32) {
  for (var g = 0u; g < groups; g++) {
    y[(at.y * dims.size.x + at.x) * GROUPS + g] = cells[(cell.y * SIDE + cell.x) * GROUPS + g];
  }
}
