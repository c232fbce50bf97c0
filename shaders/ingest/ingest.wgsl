// A video frame as an ordinary texture.
// in   source: the frame, as the browser would show it: cropped to its visible rectangle, rotated, converted to sRGB
//      linear: a bilinear sampler
// out  frame: rgba8unorm, display size; alpha 1
// maths  one sample at each pixel's centre; bilinear where the source's own grid differs (non-square pixels, subsampled chroma),
//        which is what a compositor does
// grid  one invocation a pixel, 8x8 a workgroup
// tolerance  1/255: rgba8unorm rounds once here, the browser's own drawing once too

@group(0) @binding(0) var source: texture_external;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var frame: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let size = textureDimensions(frame);
  if (any(id.xy >= size)) {
    return;
  }
  let position = (vec2<f32>(id.xy) + 0.5) / vec2<f32>(size);
  let color = textureSampleBaseClampToEdge(source, linear, position);
  textureStore(frame, id.xy, vec4<f32>(color.rgb, 1.0));
}
