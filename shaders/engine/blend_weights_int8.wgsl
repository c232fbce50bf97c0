// The weights of shaders/engine/conv2d_int8.wgsl from a mixture of experts: blended in f32, then rounded to 127 steps of each output
// channel's largest magnitude, as plugin/engine/weights/pack/int8.ts rounds weights that never change.
//
// in        experts  real4[]   of the layer: [expert][out channel][tap][in group], and behind each expert's, [out channel] of bias and of
//                              slope, padded to a multiple of 4
//           mixture  real4[]   a share an expert, padded to a multiple of 4
//           fixed    vec4u[]   the layer's words with what no mixture changes: zero points
// out       weights  u32[]     the layer's words, as conv2d_int8.wgsl has them. Its vectors hold four output channels, each of which an
//                              invocation of its own writes: words, because a store to one component may touch the whole vector
// grid      one workgroup of 64: output channels, then words that are copied
// tolerance none but at a rounding tie of f32

struct Dims {
  in_channels: u32,
  out_channels: u32,
  params_at: u32,        // in vectors of 4 words
  zeros_at: u32,
  experts: u32,
  expert_length: u32,    // vectors of 4 numbers
  input_scale: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> experts: array<real4>;
@group(0) @binding(2) var<storage, read> mixture: array<real4>;
@group(0) @binding(3) var<storage, read> fixed: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> weights: array<u32>;

fn blended(at: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var k = 0u; k < dims.experts; k++) {
    sum += f32(mixture[k / 4u][k % 4u]) * vec4f(experts[k * dims.expert_length + at]);
  }
  return sum;
}

// A number of the vectors behind the weights: biases, then slopes.
fn blended_scalar(first: u32, index: u32) -> f32 {
  return blended(first + index / 4u)[index % 4u];
}

fn quantize(channel: u32) {
  let in_groups = (dims.in_channels + 3u) / 4u;
  let out_groups = (dims.out_channels + 3u) / 4u;
  let group = channel / 4u;
  let lane = channel % 4u;
  let exists = channel < dims.out_channels;
  let row_at = min(channel, dims.out_channels - 1u) * 9u * in_groups;

  var magnitudes = vec4f(0.0);
  for (var i = 0u; i < 9u * in_groups; i++) {
    magnitudes = max(magnitudes, abs(blended(row_at + i)));
  }
  var largest = max(max(magnitudes.x, magnitudes.y), max(magnitudes.z, magnitudes.w));
  if (!exists) {
    largest = 0.0;
  }
  // Of weights so small that the quotient would overflow nothing is left anyway.
  let steps_of_one = select(0.0, 127.0 / max(largest, 1e-30), largest > 0.0);
  var first_term = 0;
  for (var tap = 0u; tap < 9u; tap++) {
    for (var g = 0u; g < in_groups; g++) {
      let steps = vec4i(round(blended(row_at + tap * in_groups + g) * steps_of_one));
      let row = ((group * 3u + tap / 3u) * in_groups + g) * 3u + tap % 3u;
      weights[row * 4u + lane] = pack4xI8(steps);
      let zeros = unpack4xI8(fixed[dims.zeros_at + g].x);
      first_term -= dot(steps, zeros);
    }
  }
  let params = (dims.params_at + group * 5u) * 4u + lane;
  let biases = dims.out_channels * 9u * in_groups;
  weights[params] = bitcast<u32>(first_term);
  weights[params + 4u] = bitcast<u32>(largest / 127.0 * dims.input_scale);
  weights[params + 8u] = bitcast<u32>(select(0.0, blended_scalar(biases, channel), exists));
  weights[params + 12u] = bitcast<u32>(select(0.0, blended_scalar(biases + out_groups, channel), exists));
  weights[params + 16u] = fixed[dims.params_at + group * 5u + 4u][lane];
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) index: u32) {
  let in_groups = (dims.in_channels + 3u) / 4u;
  let padded = (dims.out_channels + 3u) / 4u * 4u;
  for (var channel = index; channel < padded; channel += 64u) {
    quantize(channel);
  }
  for (var i = index; i < in_groups * 4u; i += 64u) {
    weights[dims.zeros_at * 4u + i] = fixed[dims.zeros_at + i / 4u][i % 4u];
  }
}
