// conv2d.wgsl for 3x3, stride 1, same size, on software GPUs. There a load costs more than a product and a loaded weight as much as
// a loaded pixel, so an invocation holds its weights in registers and walks down a strip two pixels wide: a row of four inputs is
// loaded once and added to the three output rows it belongs to, which move up one place a step.
//
// A dispatch computes one or two channel groups: weights then lie at constant places, the only ones such a compiler loads once for
// all lanes.
//
// in        weights  real4[]   of this dispatch's out groups: [out group][ky][kx][in group][in lane] of 4 outputs, bias a group, slope a
//                              group
//           x        real4[]   nhwc4 [batch, height, width, IN_TILE]
//           residual real4[]   shape of y (the input again where there is none)
// out       y        real4[]   nhwc4 [batch, height, width, out_groups]
// consts    IN_TILE      channel groups of x, at most 4
//           OUT_TILE     channel groups of this dispatch: 1, or 2 where IN_TILE is at most 2
//           ACTIVATION, RESIDUAL   as in conv2d.wgsl
// grid      8 x 1 x 1: x = pixels / 2, y = strips of `rows` rows, z = batch
// tolerance as conv2d.wgsl

struct Dims {
  size: vec2u,
  out_groups: u32,
  out_channels: u32,
  first_group: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

// An invocation holds four 4x4 matrices a tap: from channel group 0 (a), 1 (b), 2 (c) and 3 (d) of x to its out group, or, with two
// out groups, from 0 (a) and 1 (b) to the first and from 0 (c) and 1 (d) to the second. Written out and in scalars of the language,
// since structs and arrays of them take a software GPU's compiler ten times as long.
const TWO_OUT = OUT_TILE == 2u;
const HAS_B = IN_TILE > 1u;
const HAS_C = IN_TILE > 2u || TWO_OUT;
const HAS_D = IN_TILE > 3u || (TWO_OUT && HAS_B);

const BIAS_AT = OUT_TILE * 9u * IN_TILE * 4u;

fn tap(k: u32, in_group: u32, out_group: u32) -> mat4x4f {
  let at = ((min(out_group, OUT_TILE - 1u) * 9u + k) * IN_TILE + min(in_group, IN_TILE - 1u)) * 4u;
  return mat4x4f(vec4f(weights[at]), vec4f(weights[at + 1u]), vec4f(weights[at + 2u]), vec4f(weights[at + 3u]));
}

fn x_at(pixel: u32, in_group: u32, inside: bool) -> vec4f {
  return select(vec4f(0.0), vec4f(x[pixel * IN_TILE + in_group]), inside);
}

fn store_group(pixel: u32, group: u32, sum: vec4f, slope: vec4f) {
  let at = pixel * dims.out_groups + group;
  var value = sum;
  if (RESIDUAL == 1u) {
    value += vec4f(residual[at]);
  }
  value = activate(value, slope);
  if (RESIDUAL == 2u) {
    value += vec4f(residual[at]);
  }
  y[at] = real4(zero_padding(value, group, dims.out_channels));
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
  let batch_row = workgroup.z * dims.size.y;
  let group = dims.first_group;
  let last = min(first + i32(dims.rows), size.y) - 1;

  let bias = vec4f(weights[BIAS_AT]);
  let bias_2 = vec4f(weights[BIAS_AT + OUT_TILE - 1u]);
  let slope = vec4f(weights[BIAS_AT + OUT_TILE]);
  let slope_2 = vec4f(weights[BIAS_AT + 2u * OUT_TILE - 1u]);
  const C_IN = select(2u, 0u, TWO_OUT);
  const C_OUT = select(0u, 1u, TWO_OUT);
  let a0 = tap(0u, 0u, 0u);
  let b0 = tap(0u, 1u, 0u);
  let c0 = tap(0u, C_IN, C_OUT);
  let d0 = tap(0u, C_IN + 1u, C_OUT);
  let a1 = tap(1u, 0u, 0u);
  let b1 = tap(1u, 1u, 0u);
  let c1 = tap(1u, C_IN, C_OUT);
  let d1 = tap(1u, C_IN + 1u, C_OUT);
  let a2 = tap(2u, 0u, 0u);
  let b2 = tap(2u, 1u, 0u);
  let c2 = tap(2u, C_IN, C_OUT);
  let d2 = tap(2u, C_IN + 1u, C_OUT);
  let a3 = tap(3u, 0u, 0u);
  let b3 = tap(3u, 1u, 0u);
  let c3 = tap(3u, C_IN, C_OUT);
  let d3 = tap(3u, C_IN + 1u, C_OUT);
  let a4 = tap(4u, 0u, 0u);
  let b4 = tap(4u, 1u, 0u);
  let c4 = tap(4u, C_IN, C_OUT);
  let d4 = tap(4u, C_IN + 1u, C_OUT);
  let a5 = tap(5u, 0u, 0u);
  let b5 = tap(5u, 1u, 0u);
  let c5 = tap(5u, C_IN, C_OUT);
  let d5 = tap(5u, C_IN + 1u, C_OUT);
  let a6 = tap(6u, 0u, 0u);
  let b6 = tap(6u, 1u, 0u);
  let c6 = tap(6u, C_IN, C_OUT);
  let d6 = tap(6u, C_IN + 1u, C_OUT);
  let a7 = tap(7u, 0u, 0u);
  let b7 = tap(7u, 1u, 0u);
  let c7 = tap(7u, C_IN, C_OUT);
  let d7 = tap(7u, C_IN + 1u, C_OUT);
  let a8 = tap(8u, 0u, 0u);
  let b8 = tap(8u, 1u, 0u);
  let c8 = tap(8u, C_IN, C_OUT);
  let d8 = tap(8u, C_IN + 1u, C_OUT);

  // The four columns that a row is loaded from, and which of them the picture has: the second always.
  let column_0 = u32(max(left - 1, 0));
  let column_1 = u32(left);
  let column_2 = u32(min(left + 1, size.x - 1));
  let column_3 = u32(min(left + 2, size.x - 1));
  let has_0 = left > 0;
  let has_2 = left + 1 < size.x;
  let has_3 = left + 2 < size.x;

  // Sums of the pixels left (l) and right (r), of the row above the one being loaded and of that row itself.
  var above_l = bias;
  var above_r = bias;
  var level_l = bias;
  var level_r = bias;
  var above_l2 = bias_2;
  var above_r2 = bias_2;
  var level_l2 = bias_2;
  var level_r2 = bias_2;
  for (var row = first - 1; row <= last + 1; row++) {
    let inside = row >= 0 && row < size.y;
    let at = (batch_row + u32(clamp(row, 0, size.y - 1))) * dims.size.x;
    let at_0 = at + column_0;
    let at_1 = at + column_1;
    let at_2 = at + column_2;
    let at_3 = at + column_3;
    let inside_0 = inside && has_0;
    let inside_2 = inside && has_2;
    let inside_3 = inside && has_3;
    var below_l = bias;
    var below_r = bias;
    var below_l2 = bias_2;
    var below_r2 = bias_2;
    let p0 = x_at(at_0, 0u, inside_0);
    let p1 = x_at(at_1, 0u, inside);
    let p2 = x_at(at_2, 0u, inside_2);
    let p3 = x_at(at_3, 0u, inside_3);
    var q0 = p0;
    var q1 = p1;
    var q2 = p2;
    var q3 = p3;
    if (HAS_B) {
      q0 = x_at(at_0, 1u, inside_0);
      q1 = x_at(at_1, 1u, inside);
      q2 = x_at(at_2, 1u, inside_2);
      q3 = x_at(at_3, 1u, inside_3);
    }
    var r0 = p0;
    var r1 = p1;
    var r2 = p2;
    var r3 = p3;
    if (IN_TILE > 2u) {
      r0 = x_at(at_0, 2u, inside_0);
      r1 = x_at(at_1, 2u, inside);
      r2 = x_at(at_2, 2u, inside_2);
      r3 = x_at(at_3, 2u, inside_3);
    }
    var s0 = q0;
    var s1 = q1;
    var s2 = q2;
    var s3 = q3;
    if (IN_TILE > 3u) {
      s0 = x_at(at_0, 3u, inside_0);
      s1 = x_at(at_1, 3u, inside);
      s2 = x_at(at_2, 3u, inside_2);
      s3 = x_at(at_3, 3u, inside_3);
    }
    {
      above_l += a6 * p0 + a7 * p1 + a8 * p2;
      above_r += a6 * p1 + a7 * p2 + a8 * p3;
      level_l += a3 * p0 + a4 * p1 + a5 * p2;
      level_r += a3 * p1 + a4 * p2 + a5 * p3;
      below_l += a0 * p0 + a1 * p1 + a2 * p2;
      below_r += a0 * p1 + a1 * p2 + a2 * p3;
    }
    if (HAS_B) {
      above_l += b6 * q0 + b7 * q1 + b8 * q2;
      above_r += b6 * q1 + b7 * q2 + b8 * q3;
      level_l += b3 * q0 + b4 * q1 + b5 * q2;
      level_r += b3 * q1 + b4 * q2 + b5 * q3;
      below_l += b0 * q0 + b1 * q1 + b2 * q2;
      below_r += b0 * q1 + b1 * q2 + b2 * q3;
    }
    if (TWO_OUT) {
      above_l2 += c6 * r0 + c7 * r1 + c8 * r2;
      above_r2 += c6 * r1 + c7 * r2 + c8 * r3;
      level_l2 += c3 * r0 + c4 * r1 + c5 * r2;
      level_r2 += c3 * r1 + c4 * r2 + c5 * r3;
      below_l2 += c0 * r0 + c1 * r1 + c2 * r2;
      below_r2 += c0 * r1 + c1 * r2 + c2 * r3;
    } else if (HAS_C) {
      above_l += c6 * r0 + c7 * r1 + c8 * r2;
      above_r += c6 * r1 + c7 * r2 + c8 * r3;
      level_l += c3 * r0 + c4 * r1 + c5 * r2;
      level_r += c3 * r1 + c4 * r2 + c5 * r3;
      below_l += c0 * r0 + c1 * r1 + c2 * r2;
      below_r += c0 * r1 + c1 * r2 + c2 * r3;
    }
    if (TWO_OUT && HAS_D) {
      above_l2 += d6 * s0 + d7 * s1 + d8 * s2;
      above_r2 += d6 * s1 + d7 * s2 + d8 * s3;
      level_l2 += d3 * s0 + d4 * s1 + d5 * s2;
      level_r2 += d3 * s1 + d4 * s2 + d5 * s3;
      below_l2 += d0 * s0 + d1 * s1 + d2 * s2;
      below_r2 += d0 * s1 + d1 * s2 + d2 * s3;
    } else if (HAS_D) {
      above_l += d6 * s0 + d7 * s1 + d8 * s2;
      above_r += d6 * s1 + d7 * s2 + d8 * s3;
      level_l += d3 * s0 + d4 * s1 + d5 * s2;
      level_r += d3 * s1 + d4 * s2 + d5 * s3;
      below_l += d0 * s0 + d1 * s1 + d2 * s2;
      below_r += d0 * s1 + d1 * s2 + d2 * s3;
    }
    if (row > first) {
      let pixel = (batch_row + u32(row - 1)) * dims.size.x + u32(left);
      store_group(pixel, group, above_l, slope);
      if (TWO_OUT) {
        store_group(pixel, group + 1u, above_l2, slope_2);
      }
      if (has_2) {
        store_group(pixel + 1u, group, above_r, slope);
        if (TWO_OUT) {
          store_group(pixel + 1u, group + 1u, above_r2, slope_2);
        }
      }
    }
    above_l = level_l;
    above_r = level_r;
    level_l = below_l;
    level_r = below_r;
    above_l2 = level_l2;
    above_r2 = level_r2;
    level_l2 = below_l2;
    level_r2 = below_r2;
  }
}
