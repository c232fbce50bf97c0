// y = tokens + positions, where the tokens are x, with a learned token before each sequence where there is one.
//
// in        table    real4[(tokens_out + 1) * groups]   positions, then the learned token
//           x        real4[]   nhwc4 [batch, tokens, groups]
// out       y        real4[]   nhwc4 [batch, tokens_out, groups]
// grid      64 x 1 x 1 over channel groups of y, folded into rows of `stride`
// tolerance one f32 sum, plus one rounding to real

struct Dims {
  tokens: u32,
  tokens_out: u32,     // tokens, or one more
  groups: u32,
  count: u32,          // channel groups of y
  stride: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> table: array<real4>;
@group(0) @binding(2) var<storage, read> x: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.groups;
  let token = (i / dims.groups) % dims.tokens_out;
  let batch = i / dims.groups / dims.tokens_out;
  let before = dims.tokens_out - dims.tokens;
  let position = vec4f(table[token * dims.groups + group]);
  var value: vec4f;
  if (token < before) {
    value = vec4f(table[dims.tokens_out * dims.groups + group]);
  } else {
    value = vec4f(x[(batch * dims.tokens + token - before) * dims.groups + group]);
  }
  y[i] = real4(value + position);
}
