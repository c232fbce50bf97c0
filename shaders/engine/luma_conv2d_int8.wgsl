// y[o] = round(act(bias[o] + sum over ky, kx of w[o, ky, kx] * luma(frame)) / step) + zero of o: the first layer of a network whose
// features are int8, straight from the frame. 3x3, zero padding of the luma; the sum is in f32.
//
// in        weights  real4[]   [ky][kx][out group] of 4 outputs, then zero points, bias and PReLU slope
//           frame    texture [width, height]
// out       y        u32[]     int8 nhwc4 [height, width, out_groups], in steps of 1 / inverse_step
// consts    ACTIVATION
//           UNROLL, OUT_GROUPS the channel loop's bound is the constant (real GPUs) or a uniform, as in conv2d.wgsl
// grid      8 x 8 x 1: x, y = pixel
// tolerance none but at a rounding tie: some 30 roundings of 2^-24 before it

struct Dims {
  size: vec2u,
  out_groups: u32,
  out_channels: u32,
  bias_at: u32,
  slope_at: u32,
  inverse_step: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var frame: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let pixel = tile_of(workgroup) * 8u + local.xy;
  if (any(pixel >= dims.size)) {
    return;
  }
  let out_groups = select(dims.out_groups, OUT_GROUPS, UNROLL);
  var taps: array<f32, 9>;
  for (var k = 0u; k < 9u; k++) {
    let at = vec2i(pixel + vec2u(k % 3u, k / 3u)) - 1;
    let inside = all(at >= vec2i(0)) && all(at < vec2i(dims.size));
    let clamped = clamp(at, vec2i(0), vec2i(dims.size) - 1);
    taps[k] = select(0.0, luma(textureLoad(frame, clamped, 0).rgb), inside);
  }
  for (var group = 0u; group < out_groups; group++) {
    var sum = vec4f(weights[dims.bias_at + group]);
    for (var k = 0u; k < 9u; k++) {
      sum += vec4f(weights[k * out_groups + group]) * taps[k];
    }
    let value = activate(sum, vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]));
    let steps = zero_padding(value * dims.inverse_step, group, dims.out_channels);
    // Rounded: among blended weights they are a sum of as many shares of themselves.
    let zeros = round(vec4f(weights[9u * out_groups + group]));
    y[(pixel.y * dims.size.x + pixel.x) * out_groups + group] = pack_steps(steps, zeros);
  }
}
