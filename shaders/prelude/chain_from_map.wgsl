// Start of conv_chain.wgsl: features that an earlier dispatch wrote.

@group(0) @binding(3) var<storage, read> x: array<real4>;

fn staged(at: vec2u, cell: vec2u, group: u32, taps: u32) -> vec4f {
  return vec4f(x[(at.y * dims.size.x + at.x) * GROUPS + group]);
}
