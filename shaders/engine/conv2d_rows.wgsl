// conv2d.wgsl for 3x3, stride 1, same size, on software GPUs. There a load costs more than a product and a loaded weight as much as
// a loaded pixel, so an invocation holds its weights in registers and walks down a strip two pixels wide: a row of four inputs is
// loaded once and added to the three output rows it belongs to, which move up one place a step.
//
// Two outputs side by side share products (Winograd's F(2, 3): Lavin & Gray 2016): with the taps g of a filter's row and the four inputs x,
//   m0 = g0 (x0 - x2), m1 = (g0 + g1 + g2) / 2 (x1 + x2), m2 = (g0 - g1 + g2) / 2 (x2 - x1), m3 = g2 (x1 - x3)
// the left is m0 + m1 + m2 and the right m1 - m2 - m3: four products for six. Sums of each m over rows and channels come first.
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

// An invocation holds four 4x4 matrices for each row of the filter and m, numbered ky * 4 + m: from channel group 0 (a), 1 (b), 2 (c)
// and 3 (d) of x to its out group, or, with two out groups, from 0 (a) and 1 (b) to the first and from 0 (c) and 1 (d) to the second.
// Written out and in scalars of the language, since structs and arrays of them take a software GPU's compiler ten times as long.
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
  let a3 = tap(2u, 0u, 0u);
  let a1 = 0.5 * (a0 + tap(1u, 0u, 0u) + a3);
  let a2 = a0 + a3 - a1;
  let b0 = tap(0u, 1u, 0u);
  let b3 = tap(2u, 1u, 0u);
  let b1 = 0.5 * (b0 + tap(1u, 1u, 0u) + b3);
  let b2 = b0 + b3 - b1;
  let c0 = tap(0u, C_IN, C_OUT);
  let c3 = tap(2u, C_IN, C_OUT);
  let c1 = 0.5 * (c0 + tap(1u, C_IN, C_OUT) + c3);
  let c2 = c0 + c3 - c1;
  let d0 = tap(0u, C_IN + 1u, C_OUT);
  let d3 = tap(2u, C_IN + 1u, C_OUT);
  let d1 = 0.5 * (d0 + tap(1u, C_IN + 1u, C_OUT) + d3);
  let d2 = d0 + d3 - d1;
  let a4 = tap(3u, 0u, 0u);
  let a7 = tap(5u, 0u, 0u);
  let a5 = 0.5 * (a4 + tap(4u, 0u, 0u) + a7);
  let a6 = a4 + a7 - a5;
  let b4 = tap(3u, 1u, 0u);
  let b7 = tap(5u, 1u, 0u);
  let b5 = 0.5 * (b4 + tap(4u, 1u, 0u) + b7);
  let b6 = b4 + b7 - b5;
  let c4 = tap(3u, C_IN, C_OUT);
  let c7 = tap(5u, C_IN, C_OUT);
  let c5 = 0.5 * (c4 + tap(4u, C_IN, C_OUT) + c7);
  let c6 = c4 + c7 - c5;
  let d4 = tap(3u, C_IN + 1u, C_OUT);
  let d7 = tap(5u, C_IN + 1u, C_OUT);
  let d5 = 0.5 * (d4 + tap(4u, C_IN + 1u, C_OUT) + d7);
  let d6 = d4 + d7 - d5;
  let a8 = tap(6u, 0u, 0u);
  let a11 = tap(8u, 0u, 0u);
  let a9 = 0.5 * (a8 + tap(7u, 0u, 0u) + a11);
  let a10 = a8 + a11 - a9;
  let b8 = tap(6u, 1u, 0u);
  let b11 = tap(8u, 1u, 0u);
  let b9 = 0.5 * (b8 + tap(7u, 1u, 0u) + b11);
  let b10 = b8 + b11 - b9;
  let c8 = tap(6u, C_IN, C_OUT);
  let c11 = tap(8u, C_IN, C_OUT);
  let c9 = 0.5 * (c8 + tap(7u, C_IN, C_OUT) + c11);
  let c10 = c8 + c11 - c9;
  let d8 = tap(6u, C_IN + 1u, C_OUT);
  let d11 = tap(8u, C_IN + 1u, C_OUT);
  let d9 = 0.5 * (d8 + tap(7u, C_IN + 1u, C_OUT) + d11);
  let d10 = d8 + d11 - d9;

  // The four columns that a row is loaded from, and which of them the picture has: the second always.
  let column_0 = u32(max(left - 1, 0));
  let column_1 = u32(left);
  let column_2 = u32(min(left + 1, size.x - 1));
  let column_3 = u32(min(left + 2, size.x - 1));
  let has_0 = left > 0;
  let has_2 = left + 1 < size.x;
  let has_3 = left + 2 < size.x;

  // Sums of the four products, of the row above the one being loaded and of that row itself, and those of the second out group.
  var above_0 = vec4f(0.0);
  var above_1 = vec4f(0.0);
  var above_2 = vec4f(0.0);
  var above_3 = vec4f(0.0);
  var second_above_0 = vec4f(0.0);
  var second_above_1 = vec4f(0.0);
  var second_above_2 = vec4f(0.0);
  var second_above_3 = vec4f(0.0);
  var level_0 = vec4f(0.0);
  var level_1 = vec4f(0.0);
  var level_2 = vec4f(0.0);
  var level_3 = vec4f(0.0);
  var second_level_0 = vec4f(0.0);
  var second_level_1 = vec4f(0.0);
  var second_level_2 = vec4f(0.0);
  var second_level_3 = vec4f(0.0);
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
    var p0 = vec4f(0.0);
    var p1 = vec4f(0.0);
    var p2 = vec4f(0.0);
    var p3 = vec4f(0.0);
    var q0 = vec4f(0.0);
    var q1 = vec4f(0.0);
    var q2 = vec4f(0.0);
    var q3 = vec4f(0.0);
    var r0 = vec4f(0.0);
    var r1 = vec4f(0.0);
    var r2 = vec4f(0.0);
    var r3 = vec4f(0.0);
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    {
      let x0 = x_at(at_0, 0u, inside_0);
      let x1 = x_at(at_1, 0u, inside);
      let x2 = x_at(at_2, 0u, inside_2);
      let x3 = x_at(at_3, 0u, inside_3);
      p0 = x0 - x2;
      p1 = x1 + x2;
      p2 = x2 - x1;
      p3 = x1 - x3;
    }
    if (HAS_B) {
      let x0 = x_at(at_0, 1u, inside_0);
      let x1 = x_at(at_1, 1u, inside);
      let x2 = x_at(at_2, 1u, inside_2);
      let x3 = x_at(at_3, 1u, inside_3);
      q0 = x0 - x2;
      q1 = x1 + x2;
      q2 = x2 - x1;
      q3 = x1 - x3;
    }
    if (IN_TILE > 2u) {
      let x0 = x_at(at_0, 2u, inside_0);
      let x1 = x_at(at_1, 2u, inside);
      let x2 = x_at(at_2, 2u, inside_2);
      let x3 = x_at(at_3, 2u, inside_3);
      r0 = x0 - x2;
      r1 = x1 + x2;
      r2 = x2 - x1;
      r3 = x1 - x3;
    }
    if (IN_TILE > 3u) {
      let x0 = x_at(at_0, 3u, inside_0);
      let x1 = x_at(at_1, 3u, inside);
      let x2 = x_at(at_2, 3u, inside_2);
      let x3 = x_at(at_3, 3u, inside_3);
      s0 = x0 - x2;
      s1 = x1 + x2;
      s2 = x2 - x1;
      s3 = x1 - x3;
    }

    above_0 += a8 * p0;
    above_1 += a9 * p1;
    above_2 += a10 * p2;
    above_3 += a11 * p3;
    if (HAS_B) {
      above_0 += b8 * q0;
      above_1 += b9 * q1;
      above_2 += b10 * q2;
      above_3 += b11 * q3;
    }
    if (TWO_OUT) {
      second_above_0 += c8 * p0;
      second_above_1 += c9 * p1;
      second_above_2 += c10 * p2;
      second_above_3 += c11 * p3;
    } else if (HAS_C) {
      above_0 += c8 * r0;
      above_1 += c9 * r1;
      above_2 += c10 * r2;
      above_3 += c11 * r3;
    }
    if (TWO_OUT && HAS_D) {
      second_above_0 += d8 * q0;
      second_above_1 += d9 * q1;
      second_above_2 += d10 * q2;
      second_above_3 += d11 * q3;
    } else if (HAS_D) {
      above_0 += d8 * s0;
      above_1 += d9 * s1;
      above_2 += d10 * s2;
      above_3 += d11 * s3;
    }

    level_0 += a4 * p0;
    level_1 += a5 * p1;
    level_2 += a6 * p2;
    level_3 += a7 * p3;
    if (HAS_B) {
      level_0 += b4 * q0;
      level_1 += b5 * q1;
      level_2 += b6 * q2;
      level_3 += b7 * q3;
    }
    if (TWO_OUT) {
      second_level_0 += c4 * p0;
      second_level_1 += c5 * p1;
      second_level_2 += c6 * p2;
      second_level_3 += c7 * p3;
    } else if (HAS_C) {
      level_0 += c4 * r0;
      level_1 += c5 * r1;
      level_2 += c6 * r2;
      level_3 += c7 * r3;
    }
    if (TWO_OUT && HAS_D) {
      second_level_0 += d4 * q0;
      second_level_1 += d5 * q1;
      second_level_2 += d6 * q2;
      second_level_3 += d7 * q3;
    } else if (HAS_D) {
      level_0 += d4 * s0;
      level_1 += d5 * s1;
      level_2 += d6 * s2;
      level_3 += d7 * s3;
    }

    var second_below_0 = vec4f(0.0);
    var second_below_1 = vec4f(0.0);
    var second_below_2 = vec4f(0.0);
    var second_below_3 = vec4f(0.0);
    var below_0 = a0 * p0;
    var below_1 = a1 * p1;
    var below_2 = a2 * p2;
    var below_3 = a3 * p3;
    if (HAS_B) {
      below_0 += b0 * q0;
      below_1 += b1 * q1;
      below_2 += b2 * q2;
      below_3 += b3 * q3;
    }
    if (TWO_OUT) {
      second_below_0 += c0 * p0;
      second_below_1 += c1 * p1;
      second_below_2 += c2 * p2;
      second_below_3 += c3 * p3;
    } else if (HAS_C) {
      below_0 += c0 * r0;
      below_1 += c1 * r1;
      below_2 += c2 * r2;
      below_3 += c3 * r3;
    }
    if (TWO_OUT && HAS_D) {
      second_below_0 += d0 * q0;
      second_below_1 += d1 * q1;
      second_below_2 += d2 * q2;
      second_below_3 += d3 * q3;
    } else if (HAS_D) {
      below_0 += d0 * s0;
      below_1 += d1 * s1;
      below_2 += d2 * s2;
      below_3 += d3 * s3;
    }

    if (row > first) {
      let pixel = (batch_row + u32(row - 1)) * dims.size.x + u32(left);
      store_group(pixel, group, bias + above_0 + above_1 + above_2, slope);
      if (TWO_OUT) {
        store_group(pixel, group + 1u, bias_2 + second_above_0 + second_above_1 + second_above_2, slope_2);
      }
      if (has_2) {
        store_group(pixel + 1u, group, bias + above_1 - above_2 - above_3, slope);
        if (TWO_OUT) {
          store_group(pixel + 1u, group + 1u, bias_2 + second_above_1 - second_above_2 - second_above_3, slope_2);
        }
      }
    }
    above_0 = level_0;
    level_0 = below_0;
    above_1 = level_1;
    level_1 = below_1;
    above_2 = level_2;
    level_2 = below_2;
    above_3 = level_3;
    level_3 = below_3;
    second_above_0 = second_level_0;
    second_level_0 = second_below_0;
    second_above_1 = second_level_1;
    second_level_1 = second_below_1;
    second_above_2 = second_level_2;
    second_level_2 = second_below_2;
    second_above_3 = second_level_3;
    second_level_3 = second_below_3;
  }
}
