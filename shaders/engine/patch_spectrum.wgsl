// How strongly filters respond to patches of a frame's luma, in logarithms: a codec's quantisation leaves whole bands of a block at
// zero, and what is left tells how coarse it was.
//   y = (log(|weights * (patch - mean(patch))| + floor) - shift) * scale
// Patches in reading order; sizes that are no multiple of the patch repeat the last row and column.
//
// in        frame    texture, any size
//           weights            [pixel / 4][output group] as 4x4 matrices; then a group each: sum of a filter, shift, scale
// out       y        real4[tokens.y * tokens.x * GROUPS]   nhwc4
// consts    GROUPS             filters / 4
// grid      8 x 8 x 1: x, y = token
// tolerance lumas, products and sums in f32: pixels of a patch * 2^-24 of the sum, which the logarithm divides by the response plus
//           floor; then one rounding to real

struct Dims {
  size: vec2u,         // of the frame
  tokens: vec2u,
  patch_size: u32,     // a multiple of 4
  sums_at: u32,
  floor: f32,
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
  var sum = array<vec4f, GROUPS>();
  var total = vec4f(0.0);
  let corner = id * dims.patch_size;
  let last = dims.size - 1u;
  // Taken from all of them: what filters see in a flat patch would drown in the roundings of its level.
  let level = luma(textureLoad(frame, min(corner, last), 0).rgb);
  var at = 0u;
  for (var py = 0u; py < dims.patch_size; py++) {
    let row = min(corner.y + py, last.y);
    for (var px = 0u; px < dims.patch_size; px += 4u) {
      var lumas: vec4f;
      for (var lane = 0u; lane < 4u; lane++) {
        lumas[lane] = luma(textureLoad(frame, vec2u(min(corner.x + px + lane, last.x), row), 0).rgb) - level;
      }
      total += lumas;
      for (var g = 0u; g < GROUPS; g++) {
        sum[g] += weight(at) * lumas.x + weight(at + 1u) * lumas.y + weight(at + 2u) * lumas.z + weight(at + 3u) * lumas.w;
        at += 4u;
      }
    }
  }
  let mean = (total.x + total.y + total.z + total.w) / f32(dims.patch_size * dims.patch_size);
  for (var g = 0u; g < GROUPS; g++) {
    let response = abs(sum[g] - mean * weight(dims.sums_at + g)) + dims.floor;
    let token = (log(response) - weight(dims.sums_at + GROUPS + g)) * weight(dims.sums_at + 2u * GROUPS + g);
    y[(id.y * dims.tokens.x + id.x) * GROUPS + g] = real4(token);
  }
}
