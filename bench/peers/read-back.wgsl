// A picture of any float format as bytes, the same way for every upscaler.
// in: texture `picture` [W, H]; out: rgba8unorm texture `bytes` [W, H]
// maths: floor(255 x + 1/2) / 255 of x held to [0, 1], which rgba8unorm stores exactly; alpha 1
// grid: one invocation a pixel, workgroups of 8x8
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var bytes: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (any(id.xy >= textureDimensions(bytes))) {
    return;
  }
  let colour = clamp(textureLoad(picture, id.xy, 0).rgb, vec3<f32>(0.0), vec3<f32>(1.0));
  textureStore(bytes, id.xy, vec4<f32>(floor(colour * 255.0 + 0.5) / 255.0, 1.0));
}
