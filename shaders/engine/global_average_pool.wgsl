// y[b, c] = mean over all pixels of x[b, :, :, c].
//
// in        x   real4[]   nhwc4 [batch, pixels, groups]
// out       y   real4[]   nhwc4 [batch, groups]
// maths     64 invocations sum every 64th pixel each, then halve their number until one is left
// grid      one workgroup of 64 a batch entry and channel group: x = groups, y = batch
// tolerance an f32 sum of `pixels` terms and a division, plus one rounding to real

struct Dims {
  pixels: u32,
  groups: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = vec4f(0.0);
  for (var p = lane; p < dims.pixels; p += 64u) {
    sum += vec4f(x[(workgroup.y * dims.pixels + p) * dims.groups + workgroup.x]);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    y[workgroup.y * dims.groups + workgroup.x] = real4(sums[0] / f32(dims.pixels));
  }
}
