// weights = sum over k of mixture[k] * experts[k]: the versions of all weights of a network's trunk, each version in the order its
// kernels read it.
//
// in        experts  real4[]   [expert][length]
//           mixture  real4[]   a share an expert, padded to a multiple of 4
// out       weights  real4[]   [length]
// grid      64 x 1 x 1: x = group of 4 weights
// tolerance an f32 sum of `experts` terms, plus one rounding to real

struct Dims {
  length: u32,
  experts: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> experts: array<real4>;
@group(0) @binding(2) var<storage, read> mixture: array<real4>;
@group(0) @binding(3) var<storage, read_write> weights: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.length) {
    return;
  }
  var sum = vec4f(0.0);
  for (var k = 0u; k < dims.experts; k++) {
    sum += f32(mixture[k / 4u][k % 4u]) * vec4f(experts[k * dims.length + id.x]);
  }
  weights[id.x] = real4(sum);
}
