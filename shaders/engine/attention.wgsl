// y = softmax(scale * q * transpose(k)) * v, one head at a time, in one pass over the keys: the running maximum is subtracted, and
// what was summed under an older maximum is rescaled (online softmax: Milakov & Gimelshein 2018; FlashAttention: Dao et al. 2022).
//
// in        q        real4[]   nhwc4 [batch, q_grid.y * q_grid.x, q_row]; a head's channels from group q_at + head * HEAD_GROUPS
//           k, v     real4[]   nhwc4 [batch, k_grid.y * k_grid.x, k_row or v_row], alike (q again where all are packed in one)
// out       y        real4[]   nhwc4 [batch, queries, y_row]
// consts    UNROLL             loops over a head's groups are constant (real GPUs keep q and the sum in registers) or uniform
//           HEAD_GROUPS        channels of a head / 4; without UNROLL the most that fit
//           KEYS               neighbouring keys taken at once
// grid      64 x 1 x 1: x = queries of a window, y = heads, z = batch * windows
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
  q_at: u32,           // first channel group
  k_at: u32,
  v_at: u32,
  head_groups: u32,
  causal: u32,         // 1: query i sees keys 0 to i
  scale: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> q: array<real4>;
@group(0) @binding(2) var<storage, read> k: array<real4>;
@group(0) @binding(3) var<storage, read> v: array<real4>;
@group(0) @binding(4) var<storage, read_write> y: array<real4>;

const LOWEST = -3.0e38;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head_groups = select(dims.head_groups, HEAD_GROUPS, UNROLL);
  let window = vec2u((id.z % dims.windows) % dims.windows_x, (id.z % dims.windows) / dims.windows_x);
  let batch = id.z / dims.windows;
  let q_corner = window * dims.q_window;
  let q_size = min(dims.q_window, dims.q_grid - q_corner);
  let i = id.x;
  if (i >= q_size.x * q_size.y) {
    return;
  }
  let q_place = q_corner + vec2u(i % q_size.x, i / q_size.x);
  let q_token = (batch * dims.q_grid.y + q_place.y) * dims.q_grid.x + q_place.x;

  var query: array<vec4f, HEAD_GROUPS>;
  var sum: array<vec4f, HEAD_GROUPS>;
  let head_at = id.y * head_groups;
  for (var g = 0u; g < head_groups; g++) {
    query[g] = vec4f(q[q_token * dims.q_row + dims.q_at + head_at + g]) * dims.scale;
    sum[g] = vec4f(0.0);
  }
  let k_corner = window * dims.k_window;
  let k_size = min(dims.k_window, dims.k_grid - k_corner);
  let columns = select(k_size.x, min(k_size.x, i + 1u), dims.causal == 1u);
  let k_at = dims.k_at + head_at;
  let v_at = dims.v_at + head_at;
  var top = LOWEST;
  var total = 0.0;
  for (var ky = 0u; ky < k_size.y; ky++) {
    let row = (batch * dims.k_grid.y + k_corner.y + ky) * dims.k_grid.x + k_corner.x;
    for (var kx = 0u; kx < columns; kx += KEYS) {
      var score: array<f32, KEYS>;
      // Assigned, since an array declared in a loop keeps its old values on some drivers (Mesa 25 lavapipe).
      for (var j = 0u; j < KEYS; j++) {
        score[j] = 0.0;
      }
      for (var g = 0u; g < head_groups; g++) {
        for (var j = 0u; j < KEYS; j++) {
          let token = row + min(kx + j, columns - 1u);
          score[j] += dot(query[g], vec4f(k[token * dims.k_row + k_at + g]));
        }
      }
      // The first key is always there, so `next` is a score.
      var next = top;
      for (var j = 0u; j < KEYS; j++) {
        next = max(next, select(LOWEST, score[j], kx + j < columns));
      }
      let fade = exp(top - next);
      top = next;
      total *= fade;
      for (var j = 0u; j < KEYS; j++) {
        score[j] = select(0.0, exp(score[j] - next), kx + j < columns);
        total += score[j];
      }
      for (var g = 0u; g < head_groups; g++) {
        var faded = sum[g] * fade;
        for (var j = 0u; j < KEYS; j++) {
          let token = row + min(kx + j, columns - 1u);
          faded += vec4f(v[token * dims.v_row + v_at + g]) * score[j];
        }
        sum[g] = faded;
      }
    }
  }
  for (var g = 0u; g < head_groups; g++) {
    y[q_token * dims.y_row + head_at + g] = real4(sum[g] / total);
  }
}
