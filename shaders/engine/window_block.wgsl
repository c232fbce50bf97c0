// A pre-norm transformer block (Vaswani et al. 2017; Xiong et al. 2020) over windows of a token grid (Liu et al. 2021, unshifted):
//   z += local(z)                                       a depthwise 3x3 convolution, zero padded; only with LOCAL
//   z += proj(softmax(scale * q * transpose(k)) * v)    q, k, v = qkv(norm1(z)), a head at a time, over the tokens of the window
//   z += fc2(silu(fc1(norm2(z))))
//   y = out(norm(z)) with OUT, else z
// An invocation holds a token from the first line to the last; keys and values of one head at a time meet in workgroup memory.
//
// in        z        real4[]   nhwc4 [grid.y, grid.x, GROUPS]
//           weights            in the order of the offsets below; matrices [output group][input group], but [input group][output
//                              group] where an input is scattered into all sums (proj, fc2)
// out       y        real4[]   nhwc4 [grid.y, grid.x, GROUPS, or OUT_GROUPS with OUT]
// consts    TOKENS             of a window, rounded up to a multiple of 4
//           GROUPS, HEAD_GROUPS, HIDDEN_GROUPS, OUT_GROUPS    channels / 4 of a token, a head, the perceptron and the output
//           LOCAL, OUT         which of the optional steps there are
// grid      TOKENS x 1 x 1: a workgroup a window, x and y of the workgroup
// tolerance everything between z and y in f32: models/training/goldens/deviating.py carries the rounding along

struct Dims {
  grid: vec2u,         // width, height
  window: vec2u,
  heads: u32,          // loop bounds known only at run time keep compilers from unrolling everything
  head_groups: u32,
  hidden_groups: u32,
  out_groups: u32,
  eps: f32,
  scale: f32,          // of a score, times log2(e)
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(2) var<storage, read> z: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

const SQUARE = GROUPS * GROUPS * 4u;
const WIDE = GROUPS * HIDDEN_GROUPS * 4u;
const NORM1 = 0u;
const QKV = NORM1 + 2u * GROUPS;
const QKV_BIAS = QKV + 3u * SQUARE;
const PROJ = QKV_BIAS + 3u * GROUPS;
const PROJ_BIAS = PROJ + SQUARE;
const NORM2 = PROJ_BIAS + GROUPS;
const FC1 = NORM2 + 2u * GROUPS;
const FC1_BIAS = FC1 + WIDE;
const FC2 = FC1_BIAS + HIDDEN_GROUPS;
const FC2_BIAS = FC2 + WIDE;
const LOCAL_FILTER = FC2_BIAS + GROUPS;
const LOCAL_BIAS = LOCAL_FILTER + select(0u, 9u * GROUPS, LOCAL);
const NORM = LOCAL_BIAS + select(0u, GROUPS, LOCAL);
const OUT_MATRIX = NORM + 2u * GROUPS;
const OUT_BIAS = OUT_MATRIX + GROUPS * OUT_GROUPS * 4u;

// Keys at once, as many as four_at gives: a rescaling of the running sums serves them all.
const KEYS = 4u;

alias Token = array<vec4f, GROUPS>;

// Query, key and value of a head: [channel group][token].
var<workgroup> head_qkv: array<vec4f, 3u * HEAD_GROUPS * TOKENS>;

fn sum_of(x: vec4f) -> f32 {
  return (x.x + x.y) + (x.z + x.w);
}

// A 4x4 matrix of the weights times x.
fn weighed(at: u32, x: vec4f) -> vec4f {
  return weight(at) * x.x + weight(at + 1u) * x.y + weight(at + 2u) * x.z + weight(at + 3u) * x.w;
}

// One output group of a matrix product.
fn row(matrix: u32, bias: u32, group: u32, x: Token) -> vec4f {
  var sum = weight(bias + group);
  for (var g = 0u; g < GROUPS; g++) {
    sum += weighed(matrix + (group * GROUPS + g) * 4u, x[g]);
  }
  return sum;
}

fn layer_norm(x: Token, at: u32) -> Token {
  let channels = f32(GROUPS * 4u);
  var sum = vec4f(0.0);
  for (var g = 0u; g < GROUPS; g++) {
    sum += x[g];
  }
  let mean = sum_of(sum) / channels;
  var squares = vec4f(0.0);
  for (var g = 0u; g < GROUPS; g++) {
    squares += (x[g] - mean) * (x[g] - mean);
  }
  let factor = inverseSqrt(sum_of(squares) / channels + dims.eps);
  var normed: Token;
  for (var g = 0u; g < GROUPS; g++) {
    normed[g] = (x[g] - mean) * factor * weight(at + g) + weight(at + GROUPS + g);
  }
  return normed;
}

// softmax(q * transpose(k)) * v over the first `count` keys in workgroup memory, with a running maximum (Milakov & Gimelshein
// 2018). Powers of 2, since the scale holds log2(e). The query at `own` gives way to what it gathers.
fn attend(own: u32, count: u32) {
  let lane = lane_of_subgroup();
  var query: array<vec4f, HEAD_GROUPS>;
  var sum: array<vec4f, HEAD_GROUPS>;
  for (var j = 0u; j < HEAD_GROUPS; j++) {
    query[j] = head_qkv[j * TOKENS + own] * dims.scale;
    sum[j] = vec4f(0.0);
  }
  var top = -3.0e38;
  var total = 0.0;
  for (var first = 0u; first < count; first += KEYS) {
    var score = vec4f(0.0);
    for (var j = 0u; j < HEAD_GROUPS; j++) {
      let key = four_at((HEAD_GROUPS + j) * TOKENS + first, lane);
      for (var i = 0u; i < KEYS; i++) {
        score[i] += dot(query[j], key[i]);
      }
    }
    let exists = vec4u(first) + vec4u(0u, 1u, 2u, 3u) < vec4u(count);
    score = select(vec4f(-3.0e38), score, exists);
    let next = max(top, max(max(score.x, score.y), max(score.z, score.w)));
    let fade = exp2(top - next);
    score = select(vec4f(0.0), exp2(score - next), exists);
    top = next;
    total = total * fade + sum_of(score);
    for (var j = 0u; j < HEAD_GROUPS; j++) {
      let value = four_at((2u * HEAD_GROUPS + j) * TOKENS + first, lane);
      sum[j] *= fade;
      for (var i = 0u; i < KEYS; i++) {
        sum[j] += value[i] * score[i];
      }
    }
  }
  for (var j = 0u; j < HEAD_GROUPS; j++) {
    head_qkv[j * TOKENS + own] = sum[j] / total;
  }
}

// A token, or with LOCAL the token plus its depthwise 3x3 neighbourhood; what lies outside the grid counts as zero.
fn load(place: vec2u) -> Token {
  var token: Token;
  let reach = select(0u, 1u, LOCAL);
  for (var g = 0u; g < GROUPS; g++) {
    token[g] = select(vec4f(0.0), weight(LOCAL_BIAS + g), LOCAL);
  }
  for (var ty = max(place.y, reach) - reach; ty <= min(place.y + reach, dims.grid.y - 1u); ty++) {
    for (var tx = max(place.x, reach) - reach; tx <= min(place.x + reach, dims.grid.x - 1u); tx++) {
      let is_centre = ty == place.y && tx == place.x;
      let filter_at = LOCAL_FILTER + ((ty + 1u - place.y) * 3u + tx + 1u - place.x) * GROUPS;
      for (var g = 0u; g < GROUPS; g++) {
        let factor = select(0.0, 1.0, is_centre) + select(vec4f(0.0), weight(filter_at + g), LOCAL);
        token[g] += factor * vec4f(z[(ty * dims.grid.x + tx) * GROUPS + g]);
      }
    }
  }
  return token;
}

@compute @workgroup_size(TOKENS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let corner = tile_of(workgroup) * dims.window;
  // Windows that the right or bottom edge cuts off hold the tokens that exist, side by side.
  let size = min(dims.window, dims.grid - corner);
  let count = size.x * size.y;

  // Past the window's end, the last token once more, so that all reach the barriers; nobody reads its keys.
  let i = min(local, count - 1u);
  let place = corner + vec2u(i % size.x, i / size.x);

  var token = load(place);
  var normed = layer_norm(token, NORM1);
  for (var g = 0u; g < GROUPS; g++) {
    token[g] += weight(PROJ_BIAS + g);
  }
  for (var head = 0u; head < dims.heads; head++) {
    let head_at = head * HEAD_GROUPS;
    for (var part = 0u; part < 3u * dims.head_groups; part++) {
      let group = part / HEAD_GROUPS * GROUPS + head_at + part % HEAD_GROUPS;
      head_qkv[part * TOKENS + local] = row(QKV, QKV_BIAS, group, normed);
    }
    workgroupBarrier();
    attend(local, count);
    for (var j = 0u; j < dims.head_groups; j++) {
      let mixed = head_qkv[j * TOKENS + local];
      for (var g = 0u; g < GROUPS; g++) {
        token[g] += weighed(PROJ + ((head_at + j) * GROUPS + g) * 4u, mixed);
      }
    }
    // The next head's keys must not overwrite what a slower invocation has yet to read.
    workgroupBarrier();
  }

  normed = layer_norm(token, NORM2);
  for (var g = 0u; g < GROUPS; g++) {
    token[g] += weight(FC2_BIAS + g);
  }
  for (var m = 0u; m < dims.hidden_groups; m++) {
    let hidden = activate(row(FC1, FC1_BIAS, m, normed), vec4f(0.0));
    for (var g = 0u; g < GROUPS; g++) {
      token[g] += weighed(FC2 + (m * GROUPS + g) * 4u, hidden);
    }
  }
  if (local >= count) {
    return;
  }
  let at = place.y * dims.grid.x + place.x;
  if (OUT) {
    normed = layer_norm(token, NORM);
    for (var o = 0u; o < dims.out_groups; o++) {
      y[at * OUT_GROUPS + o] = real4(row(OUT_MATRIX, OUT_BIAS, o, normed));
    }
  } else {
    for (var g = 0u; g < GROUPS; g++) {
      y[at * GROUPS + g] = real4(token[g]);
    }
  }
}
