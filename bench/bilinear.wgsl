// The cheapest x2 there is, to measure against: the texture unit's own bilinear filter.
// in: texture `frame` [W, H]; out: rgba8unorm texture `picture` [2W, 2H]
// grid: one invocation a pixel of `picture`, workgroups of 8x8
@group(0) @binding(0) var frame: texture_2d<f32>;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var picture: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let size = textureDimensions(picture);
  if (any(id.xy >= size)) {
    return;
  }
  let uv = (vec2<f32>(id.xy) + 0.5) / vec2<f32>(size);
  textureStore(picture, id.xy, textureSampleLevel(frame, linear, uv, 0.0));
}
