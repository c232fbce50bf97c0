// Group norm (Wu & He 2018): y = (x - mean) / sqrt(var + eps) * weight + bias, where mean and variance are over all pixels and the
// channels of one group of one image. The mean is subtracted before squaring: the difference of large squares would cancel.
//
// in        params   real4[]   weight a channel group of 4, then bias
//           x        real4[]   nhwc4 [batch, pixels, groups of 4]
// out       y        real[]    nhwc4 [batch, pixels, groups of 4], written lane by lane: a group of 4 may belong to two norm groups
// grid      256 x 1 x 1, one workgroup a norm group: x = norm groups, y = batch
// tolerance see testing/norm-tolerance.ts, plus one rounding to real

struct Dims {
  pixels: u32,
  groups: u32,         // channel groups of 4 a pixel
  channels: u32,
  group_channels: u32, // channels of a norm group
  eps: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> params: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;

var<workgroup> partial: array<f32, 256>;

fn group_sum(value: f32, local: u32) -> f32 {
  partial[local] = value;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      partial[local] += partial[local + half];
    }
  }
  workgroupBarrier();
  let total = partial[0];
  // The next sum must not overwrite what a slower invocation has yet to read.
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_channel = tile.x * dims.group_channels;
  let end_channel = first_channel + dims.group_channels;
  let first = first_channel / 4u;
  let across = (end_channel + 3u) / 4u - first;    // channel groups of 4 that hold the norm group
  let steps = dims.pixels * across;
  let base = tile.y * dims.pixels * dims.groups;
  let lanes = vec4u(0u, 1u, 2u, 3u);
  let count = f32(dims.pixels) * f32(dims.group_channels);

  var sum = vec4f(0.0);
  for (var i = local; i < steps; i += 256u) {
    let g = first + i % across;
    let channel = vec4u(g * 4u) + lanes;
    let own = (channel >= vec4u(first_channel)) & (channel < vec4u(end_channel));
    sum += select(vec4f(0.0), vec4f(x[base + (i / across) * dims.groups + g]), own);
  }
  let mean = group_sum(sum.x + sum.y + sum.z + sum.w, local) / count;
  var squares = 0.0;
  for (var i = local; i < steps; i += 256u) {
    let g = first + i % across;
    let channel = vec4u(g * 4u) + lanes;
    let own = (channel >= vec4u(first_channel)) & (channel < vec4u(end_channel));
    let apart = select(vec4f(0.0), vec4f(x[base + (i / across) * dims.groups + g]) - mean, own);
    squares += dot(apart, apart);
  }
  let scale = inverseSqrt(group_sum(squares, local) / count + dims.eps);
  for (var i = local; i < steps; i += 256u) {
    let g = first + i % across;
    let at = base + (i / across) * dims.groups + g;
    let value = (vec4f(x[at]) - mean) * scale * vec4f(params[g]) + vec4f(params[dims.groups + g]);
    for (var lane = 0u; lane < 4u; lane++) {
      let channel = g * 4u + lane;
      if (channel >= first_channel && channel < end_channel) {
        y[at * 4u + lane] = real(value[lane]);
      } else if (channel >= dims.channels) {
        y[at * 4u + lane] = real(0.0);
      }
    }
  }
}
