// As conv2d_depthwise.wgsl, for software GPUs: an invocation makes PIXELS neighbours along x of one channel group from columns it
// loads once, and neighbours in the workgroup are channel groups, so that loads lie side by side.
//
// in        weights  real4[]   [ky][kx][group], then bias, then PReLU slope
//           x        real4[]   nhwc4 [batch, in_height, in_width, groups]
//           residual real4[]   shape of y (the input again where there is none)
// out       y        real4[]   nhwc4 [batch, out_height, out_width, groups]
// consts    PIXELS, KERNEL_W, STRIDE_X, ACTIVATION, RESIDUAL     dilation is 1
// grid      64 x 1 x 1 over groups * strips of PIXELS * rows * batch, groups fastest, folded into rows of `invocations`
// tolerance products and sum in f32: kernel area * 2^-24, plus one rounding to real

struct Dims {
  in_size: vec2u,
  out_size: vec2u,
  padding: vec2i,
  groups: u32,
  channels: u32,
  kernel_height: u32,
  stride_y: u32,
  strips: u32,           // of a row
  count: u32,
  invocations: u32,      // of a row of the folded grid
  bias_at: u32,
  slope_at: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read> residual: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

const COLUMNS = (PIXELS - 1u) * STRIDE_X + KERNEL_W;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.invocations + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let strip = i / dims.groups;
  let out_x = (strip % dims.strips) * PIXELS;
  let row = strip / dims.strips;
  let out_y = row % dims.out_size.y;
  let batch = row / dims.out_size.y;

  let bias = vec4f(weights[dims.bias_at + group]);
  var sum: array<vec4f, PIXELS>;
  for (var p = 0u; p < PIXELS; p++) {
    sum[p] = bias;
  }
  let left = i32(out_x * STRIDE_X) - dims.padding.x;
  let last = i32(dims.in_size.x) - 1;
  for (var ky = 0u; ky < dims.kernel_height; ky++) {
    let in_y = i32(out_y * dims.stride_y + ky) - dims.padding.y;
    if (in_y < 0 || in_y >= i32(dims.in_size.y)) {
      continue;
    }
    let in_row = (batch * dims.in_size.y + u32(in_y)) * dims.in_size.x;
    var columns: array<vec4f, COLUMNS>;
    for (var c = 0u; c < COLUMNS; c++) {
      let at = left + i32(c);
      let value = vec4f(x[(in_row + u32(clamp(at, 0, last))) * dims.groups + group]);
      columns[c] = select(vec4f(0.0), value, at >= 0 && at <= last);
    }
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let weight = vec4f(weights[(ky * KERNEL_W + kx) * dims.groups + group]);
      for (var p = 0u; p < PIXELS; p++) {
        sum[p] += weight * columns[p * STRIDE_X + kx];
      }
    }
  }
  let slope = vec4f(weights[dims.slope_at + select(0u, group, ACTIVATION == 2u)]);
  for (var p = 0u; p < PIXELS; p++) {
    if (out_x + p < dims.out_size.x) {
      let at = (row * dims.out_size.x + out_x + p) * dims.groups + group;
      var value = sum[p];
      if (RESIDUAL == 1u) {
        value += vec4f(residual[at]);
      }
      value = activate(value, slope);
      if (RESIDUAL == 2u) {
        value += vec4f(residual[at]);
      }
      y[at] = real4(zero_padding(value, group, dims.channels));
    }
  }
}
