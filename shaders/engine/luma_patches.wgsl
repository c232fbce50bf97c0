// Pixel unshuffle of a frame's luma: token (ty, tx) holds its patch's pixels, channel = dy * patch + dx. Sizes that are no multiple
// of the patch repeat the last row and column (PyTorch: pad(mode='replicate'), then pixel_unshuffle).
//
// in        frame  texture, any size
// out       y      real4[tokens_y * tokens_x * groups]   nhwc4, patch * patch channels
// grid      8 x 8 x 1: x = token x * groups + group, y = token y
// tolerance one rounding to real of three products

struct Dims {
  size: vec2u,
  tokens: vec2u,
  patch_size: u32,   // a multiple of 4 would not need the divisions below, but patches are few
  groups: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = vec2u(id.x / dims.groups, id.y);
  if (any(token >= dims.tokens)) {
    return;
  }
  let group = id.x % dims.groups;
  var value = vec4f(0.0);
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = group * 4u + lane;
    let offset = vec2u(channel % dims.patch_size, channel / dims.patch_size);
    let at = min(token * dims.patch_size + offset, dims.size - 1u);
    value[lane] = luma(textureLoad(frame, at, 0).rgb);
  }
  y[(token.y * dims.tokens.x + token.x) * dims.groups + group] =
    real4(zero_padding(value, group, dims.patch_size * dims.patch_size));
}
