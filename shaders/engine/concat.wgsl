// Writes one operand of a concatenation into y; operands are dispatched in order.
//
// in        x   real4[]   nhwc4 [rows, in_groups]
// in, out   y   real4[]   nhwc4 [rows of all operands, out_groups]
// maths     along channels: y[r, first_channel + c] = x[r, c]. An operand that starts within a group keeps the lanes the operand
//           before it has written there, and writes zeros behind its own last lane.
//           along another dimension: block b of `in_span` rows lands at row b * out_span + first_row; first_channel is 0
// grid      64 x 1 x 1, one invocation a group of y that x reaches, folded into rows of `stride`
// tolerance none: values are moved, not computed

struct Dims {
  count: u32,
  stride: u32,
  in_groups: u32,
  in_channels: u32,
  out_groups: u32,
  first_channel: u32,
  touched_groups: u32,   // groups of one row of y that x reaches
  in_span: u32,
  out_span: u32,
  first_row: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

fn lane(row: u32, channel: u32) -> f32 {
  return f32(x[row * dims.in_groups + channel / 4u][channel % 4u]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let row = i / dims.touched_groups;
  let part = i % dims.touched_groups;
  let out_row = (row / dims.in_span) * dims.out_span + dims.first_row + row % dims.in_span;
  let at = out_row * dims.out_groups + dims.first_channel / 4u + part;
  let shift = dims.first_channel % 4u;
  if (shift == 0u) {
    // x's own padding lanes are zero.
    y[at] = x[row * dims.in_groups + part];
    return;
  }
  let begin = vec4i(vec4u(part * 4u) + vec4u(0u, 1u, 2u, 3u)) - i32(shift);
  let last = i32(dims.in_channels) - 1;
  let source = vec4u(clamp(begin, vec4i(0), vec4i(last)));
  let moved = vec4f(lane(row, source.x), lane(row, source.y), lane(row, source.z), lane(row, source.w));
  let own = select(vec4f(0.0), moved, begin <= vec4i(last));
  var kept = vec4f(0.0);
  if (part == 0u) {
    kept = vec4f(y[at]);
  }
  y[at] = real4(select(own, kept, begin < vec4i(0)));
}
