// Layer norm (Ba et al. 2016) y = (x - mean) / sqrt(var + eps) * weight + bias over a row's channels, or RMS norm (Zhang & Sennrich
// 2019) y = x / sqrt(mean(x^2) + eps) * weight. The mean is subtracted before squaring: the difference of large squares would
// cancel.
//
// in        params   real4[]   weight a group, then bias a group
//           x        real4[]   nhwc4 [rows, groups]
// out       y        real4[]   nhwc4 [rows, groups]
// consts    LANES              invocations that share a row, a power of 2 up to 64
// grid      64 x 1 x 1: 64 / LANES rows a workgroup, folded into rows of `stride` workgroups
// tolerance see testing/norm-tolerance.ts, plus one rounding to real

struct Dims {
  rows: u32,
  groups: u32,
  channels: u32,
  centre: u32,         // 1: layer norm; 0: RMS norm
  stride: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> params: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

var<workgroup> partial: array<f32, 64>;

// The sum of `value` over the LANES invocations of a row. Every invocation of the workgroup calls it: barriers are uniform.
fn row_sum(value: f32, local: u32) -> f32 {
  if (LANES == 1u) {
    return value;
  }
  partial[local] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % LANES < half) {
      partial[local] += partial[local + half];
    }
  }
  workgroupBarrier();
  let total = partial[local - local % LANES];
  // The next sum must not overwrite what a slower invocation has yet to read.
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (tile.y * dims.stride + tile.x) * (64u / LANES) + local / LANES;
  let row_at = min(row, dims.rows - 1u) * dims.groups;
  let first = local % LANES;

  var mean = 0.0;
  if (dims.centre == 1u) {
    var sum = vec4f(0.0);
    for (var g = first; g < dims.groups; g += LANES) {
      sum += vec4f(x[row_at + g]);
    }
    mean = row_sum(sum.x + sum.y + sum.z + sum.w, local) / f32(dims.channels);
  }
  var squares = 0.0;
  for (var g = first; g < dims.groups; g += LANES) {
    // Padding lanes hold zero, not the mean.
    let apart = zero_padding(vec4f(x[row_at + g]) - mean, g, dims.channels);
    squares += dot(apart, apart);
  }
  let scale = inverseSqrt(row_sum(squares, local) / f32(dims.channels) + dims.eps);
  if (row >= dims.rows) {
    return;
  }
  for (var g = first; g < dims.groups; g += LANES) {
    let value = (vec4f(x[row_at + g]) - mean) * scale * vec4f(params[g]) + vec4f(params[dims.groups + g]);
    y[row_at + g] = real4(zero_padding(value, g, dims.channels));
  }
}
