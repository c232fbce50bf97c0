// y = luma(frame): one channel, three padding lanes. The plain form; fusion reads the texture in the consumer instead.
//
// in        frame  texture, any size
// out       y      real4[height * width]   nhwc4, 1 channel
// grid      8 x 8 x 1, one invocation a pixel
// tolerance one rounding to real of three products

struct Dims {
  size: vec2u,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.size)) {
    return;
  }
  let value = luma(textureLoad(frame, id.xy, 0).rgb);
  y[id.y * dims.size.x + id.x] = real4(vec4f(value, 0.0, 0.0, 0.0));
}
