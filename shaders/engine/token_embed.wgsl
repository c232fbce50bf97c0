// Patch embedding (Dosovitskiy et al. 2021): y = weights * patch + bias, the patch being a frame's luma in reading order. Sizes that
// are no multiple of the patch repeat the last row and column.
//
// in        frame    texture, any size
//           weights            [pixel / 4][output group] as 4x4 matrices, then bias a group
// out       y        real4[tokens.y * tokens.x * GROUPS]   nhwc4
// consts    GROUPS             channels of a token / 4
// grid      8 x 8 x 1: x, y = token
// tolerance lumas, products and sum in f32: pixels of a patch * 2^-24 and the luma's 3 roundings, plus one rounding to real

struct Dims {
  size: vec2u,         // of the frame
  tokens: vec2u,
  patch_size: u32,     // a multiple of 4
  bias_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(2) var frame: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let id = tile_of(workgroup) * 8u + local.xy;
  if (any(id >= dims.tokens)) {
    return;
  }
  var sum: array<vec4f, GROUPS>;
  for (var g = 0u; g < GROUPS; g++) {
    sum[g] = weight(dims.bias_at + g);
  }
  let corner = id * dims.patch_size;
  let last = dims.size - 1u;
  var at = 0u;
  for (var py = 0u; py < dims.patch_size; py++) {
    let row = min(corner.y + py, last.y);
    for (var px = 0u; px < dims.patch_size; px += 4u) {
      var lumas: vec4f;
      for (var lane = 0u; lane < 4u; lane++) {
        lumas[lane] = luma(textureLoad(frame, vec2u(min(corner.x + px + lane, last.x), row), 0).rgb);
      }
      for (var g = 0u; g < GROUPS; g++) {
        sum[g] += weight(at) * lumas.x + weight(at + 1u) * lumas.y + weight(at + 2u) * lumas.z + weight(at + 3u) * lumas.w;
        at += 4u;
      }
    }
  }
  for (var g = 0u; g < GROUPS; g++) {
    y[(id.y * dims.tokens.x + id.x) * GROUPS + g] = real4(sum[g]);
  }
}
