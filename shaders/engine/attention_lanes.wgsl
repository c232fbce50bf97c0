// y = softmax(scale * q * transpose(k)) * v as attention.wgsl, for heads of any number of channels: a channel group of y may then
// hold channels of several heads, and the softmax of each is computed for it.
//
// in        q, k, v  real[]    nhwc4 as in attention.wgsl, read channel by channel
// out       y        real4[]   nhwc4 [batch, queries, y_row]
// grid      64 x 1 x 1: x = queries of a window * y_row, y = 1, z = batch * windows
// tolerance scores, exponentials and sums in f32; see attention.gpu.test.ts, plus one rounding to real

struct Dims {
  q_grid: vec2u,       // width, height
  q_window: vec2u,
  k_grid: vec2u,
  k_window: vec2u,
  windows_x: u32,
  windows: u32,        // of one batch
  q_row: u32,          // channel groups of a token
  k_row: u32,
  v_row: u32,
  y_row: u32,
  q_at: u32,           // first channel
  k_at: u32,
  v_at: u32,
  head_channels: u32,
  causal: u32,         // 1: query i sees keys 0 to i
  scale: f32,
  channels: u32,       // of y
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> q: array<real>;
@group(0) @binding(2) var<storage, read> k: array<real>;
@group(0) @binding(3) var<storage, read> v: array<real>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

struct Keys {
  first: u32,          // token of the window's first key
  columns: u32,
  rows: u32,
}

fn attend(head: u32, q_token: u32, keys: Keys, group: u32) -> vec4f {
  let q_at = q_token * dims.q_row * 4u + dims.q_at + head * dims.head_channels;
  let k_at = dims.k_at + head * dims.head_channels;
  let v_lanes = dims.v_at + min(vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.channels - 1u));
  var top = -3.0e38;
  var total = 0.0;
  var sum = vec4f(0.0);
  for (var ky = 0u; ky < keys.rows; ky++) {
    for (var kx = 0u; kx < keys.columns; kx++) {
      let token = keys.first + ky * dims.k_grid.x + kx;
      let k_token = token * dims.k_row * 4u + k_at;
      var score = 0.0;
      for (var c = 0u; c < dims.head_channels; c++) {
        score += f32(q[q_at + c]) * dims.scale * f32(k[k_token + c]);
      }
      let next = max(top, score);
      let fade = exp(top - next);
      let weight = exp(score - next);
      top = next;
      let v_at = token * dims.v_row * 4u + v_lanes;
      let value = vec4f(f32(v[v_at.x]), f32(v[v_at.y]), f32(v[v_at.z]), f32(v[v_at.w]));
      total = total * fade + weight;
      sum = sum * fade + value * weight;
    }
  }
  return sum / total;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let window = vec2u((id.z % dims.windows) % dims.windows_x, (id.z % dims.windows) / dims.windows_x);
  let batch = id.z / dims.windows;
  let q_corner = window * dims.q_window;
  let q_size = min(dims.q_window, dims.q_grid - q_corner);
  let i = id.x / dims.y_row;
  let group = id.x % dims.y_row;
  if (i >= q_size.x * q_size.y) {
    return;
  }
  let q_place = q_corner + vec2u(i % q_size.x, i / q_size.x);
  let q_token = (batch * dims.q_grid.y + q_place.y) * dims.q_grid.x + q_place.x;
  let k_corner = window * dims.k_window;
  let k_size = min(dims.k_window, dims.k_grid - k_corner);
  let first = (batch * dims.k_grid.y + k_corner.y) * dims.k_grid.x + k_corner.x;
  let keys = Keys(first, select(k_size.x, min(k_size.x, i + 1u), dims.causal == 1u), k_size.y);

  let lanes = vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u);
  let last_head = min(lanes.w, dims.channels - 1u) / dims.head_channels;
  var value = vec4f(0.0);
  for (var head = lanes.x / dims.head_channels; head <= last_head; head++) {
    value = select(value, attend(head, q_token, keys, group), lanes / dims.head_channels == vec4u(head));
  }
  y[q_token * dims.y_row + group] = real4(zero_padding(value, group, dims.channels));
}
