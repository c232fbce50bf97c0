// luma_conv2d.wgsl for 3x3 on software GPUs: as conv2d_rows.wgsl, an invocation holds its weights in registers and walks down a strip
// two pixels wide, so that a pixel of the frame is read twice instead of nine times.
//
// in        weights  real4[]   of this dispatch's out groups: [ky][kx][out group] of 4 outputs, bias a group, slope a group
//           frame    texture, any size
// out       y        real4[]   nhwc4 [height, width, out_groups]
// consts    OUT_TILE     channel groups of this dispatch, at most 4
//           ACTIVATION   as in conv2d.wgsl
// grid      8 x 1 x 1: x = pixels / 2, y = strips of `rows` rows
// tolerance as luma_conv2d.wgsl

struct Dims {
  size: vec2u,
  out_groups: u32,
  out_channels: u32,
  first_group: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var frame: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

fn tap(k: u32, t: u32) -> vec4f {
  return vec4f(weights[k * OUT_TILE + min(t, OUT_TILE - 1u)]);
}

fn luma_at(column: i32, row: i32, inside: bool) -> f32 {
  return select(0.0, luma(textureLoad(frame, vec2i(column, row), 0).rgb), inside);
}

fn store_group(pixel: u32, t: u32, sum: vec4f, slope: vec4f) {
  let group = dims.first_group + t;
  y[pixel * dims.out_groups + group] = real4(zero_padding(activate(sum, slope), group, dims.out_channels));
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = tile_of(workgroup);
  let left = i32(tile.x * 16u + local.x * 2u);
  let first = i32(tile.y * dims.rows);
  let size = vec2i(dims.size);
  if (left >= size.x || first >= size.y) {
    return;
  }
  let last = min(first + i32(dims.rows), size.y) - 1;

  // Out group t of the tile: taps w, bias, slope, and sums of the left and the right pixel, of the row above the one being loaded and
  // of that row itself.
  let w00 = tap(0u, 0u);
  let w01 = tap(1u, 0u);
  let w02 = tap(2u, 0u);
  let w03 = tap(3u, 0u);
  let w04 = tap(4u, 0u);
  let w05 = tap(5u, 0u);
  let w06 = tap(6u, 0u);
  let w07 = tap(7u, 0u);
  let w08 = tap(8u, 0u);
  let bias0 = tap(9u, 0u);
  let slope0 = tap(10u, 0u);
  var above_l0 = bias0;
  var above_r0 = bias0;
  var level_l0 = bias0;
  var level_r0 = bias0;
  let w10 = tap(0u, 1u);
  let w11 = tap(1u, 1u);
  let w12 = tap(2u, 1u);
  let w13 = tap(3u, 1u);
  let w14 = tap(4u, 1u);
  let w15 = tap(5u, 1u);
  let w16 = tap(6u, 1u);
  let w17 = tap(7u, 1u);
  let w18 = tap(8u, 1u);
  let bias1 = tap(9u, 1u);
  let slope1 = tap(10u, 1u);
  var above_l1 = bias1;
  var above_r1 = bias1;
  var level_l1 = bias1;
  var level_r1 = bias1;
  let w20 = tap(0u, 2u);
  let w21 = tap(1u, 2u);
  let w22 = tap(2u, 2u);
  let w23 = tap(3u, 2u);
  let w24 = tap(4u, 2u);
  let w25 = tap(5u, 2u);
  let w26 = tap(6u, 2u);
  let w27 = tap(7u, 2u);
  let w28 = tap(8u, 2u);
  let bias2 = tap(9u, 2u);
  let slope2 = tap(10u, 2u);
  var above_l2 = bias2;
  var above_r2 = bias2;
  var level_l2 = bias2;
  var level_r2 = bias2;
  let w30 = tap(0u, 3u);
  let w31 = tap(1u, 3u);
  let w32 = tap(2u, 3u);
  let w33 = tap(3u, 3u);
  let w34 = tap(4u, 3u);
  let w35 = tap(5u, 3u);
  let w36 = tap(6u, 3u);
  let w37 = tap(7u, 3u);
  let w38 = tap(8u, 3u);
  let bias3 = tap(9u, 3u);
  let slope3 = tap(10u, 3u);
  var above_l3 = bias3;
  var above_r3 = bias3;
  var level_l3 = bias3;
  var level_r3 = bias3;
  // The four columns that a row is loaded from, and which of them the picture has: the second always.
  let column_0 = max(left - 1, 0);
  let column_2 = min(left + 1, size.x - 1);
  let column_3 = min(left + 2, size.x - 1);
  let has_0 = left > 0;
  let has_2 = left + 1 < size.x;
  let has_3 = left + 2 < size.x;
  for (var row = first - 1; row <= last + 1; row++) {
    let inside = row >= 0 && row < size.y;
    let at = clamp(row, 0, size.y - 1);
    let v0 = luma_at(column_0, at, inside && has_0);
    let v1 = luma_at(left, at, inside);
    let v2 = luma_at(column_2, at, inside && has_2);
    let v3 = luma_at(column_3, at, inside && has_3);
    let pixel = u32(max(row - 1, 0)) * dims.size.x + u32(left);
    let is_left = row > first;
    let is_right = is_left && has_2;
    above_l0 += w06 * v0 + w07 * v1 + w08 * v2;
    level_l0 += w03 * v0 + w04 * v1 + w05 * v2;
    above_r0 += w06 * v1 + w07 * v2 + w08 * v3;
    level_r0 += w03 * v1 + w04 * v2 + w05 * v3;
    if (is_left) {
      store_group(pixel, 0u, above_l0, slope0);
    }
    if (is_right) {
      store_group(pixel + 1u, 0u, above_r0, slope0);
    }
    above_l0 = level_l0;
    level_l0 = bias0 + w00 * v0 + w01 * v1 + w02 * v2;
    above_r0 = level_r0;
    level_r0 = bias0 + w00 * v1 + w01 * v2 + w02 * v3;
    if (OUT_TILE > 1u) {
      above_l1 += w16 * v0 + w17 * v1 + w18 * v2;
      level_l1 += w13 * v0 + w14 * v1 + w15 * v2;
      above_r1 += w16 * v1 + w17 * v2 + w18 * v3;
      level_r1 += w13 * v1 + w14 * v2 + w15 * v3;
      if (is_left) {
        store_group(pixel, 1u, above_l1, slope1);
      }
      if (is_right) {
        store_group(pixel + 1u, 1u, above_r1, slope1);
      }
      above_l1 = level_l1;
      level_l1 = bias1 + w10 * v0 + w11 * v1 + w12 * v2;
      above_r1 = level_r1;
      level_r1 = bias1 + w10 * v1 + w11 * v2 + w12 * v3;
    }
    if (OUT_TILE > 2u) {
      above_l2 += w26 * v0 + w27 * v1 + w28 * v2;
      level_l2 += w23 * v0 + w24 * v1 + w25 * v2;
      above_r2 += w26 * v1 + w27 * v2 + w28 * v3;
      level_r2 += w23 * v1 + w24 * v2 + w25 * v3;
      if (is_left) {
        store_group(pixel, 2u, above_l2, slope2);
      }
      if (is_right) {
        store_group(pixel + 1u, 2u, above_r2, slope2);
      }
      above_l2 = level_l2;
      level_l2 = bias2 + w20 * v0 + w21 * v1 + w22 * v2;
      above_r2 = level_r2;
      level_r2 = bias2 + w20 * v1 + w21 * v2 + w22 * v3;
    }
    if (OUT_TILE > 3u) {
      above_l3 += w36 * v0 + w37 * v1 + w38 * v2;
      level_l3 += w33 * v0 + w34 * v1 + w35 * v2;
      above_r3 += w36 * v1 + w37 * v2 + w38 * v3;
      level_r3 += w33 * v1 + w34 * v2 + w35 * v3;
      if (is_left) {
        store_group(pixel, 3u, above_l3, slope3);
      }
      if (is_right) {
        store_group(pixel + 1u, 3u, above_r3, slope3);
      }
      above_l3 = level_l3;
      level_l3 = bias3 + w30 * v0 + w31 * v1 + w32 * v2;
      above_r3 = level_r3;
      level_r3 = bias3 + w30 * v1 + w31 * v2 + w32 * v3;
    }
  }
}
