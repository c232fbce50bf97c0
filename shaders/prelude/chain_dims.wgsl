// Uniforms of conv_chain.wgsl, in all its forms.

struct Dims {
  size: vec2u,
  layers: u32,
  taps: u32,      // 3
  groups: u32,
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
