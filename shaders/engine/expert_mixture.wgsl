// In which mixture a frame takes the versions of a network's weights (its experts): from the average of its tokens,
//   mixture = softmax(weights_2 * tanh(weights_1 * (mean(z) - shift) * scale + bias_1) + bias_2)
// One frame's reading is noisy. So it goes into a running average: the mean of what came until it follows the next frame by less than `follow`
// of the difference, then by `follow`; begun anew where a picture is of another kind altogether. That average is held: while none of its shares
// differs from the one in use by more than `hold`, that one stays. What was computed with the weights stays what it was then.
//
// in        z        real4[]   nhwc4 [tokens, GROUPS]
//           weights            a group each: shift, scale; [hidden group][input group] as 4x4 matrices, bias; [expert group][hidden group]
//                              as 4x4 matrices, bias
// in, out   y        real4[]   the mixture in use, EXPERT_GROUPS of it; the running average, as many; then a group: 1 where the mixture in use
//                              has just changed, else 0, and how many frames are averaged, counted to COUNTED. All zeros before the first.
// consts    GROUPS, EXPERT_GROUPS   channels and experts / 4, rounded up
// grid      one workgroup of 256: neighbours read neighbours, as many tokens at once as fit
// tolerance f32 from z to y: roundings of 2^-24 by the sum of `tokens` terms and two products; then one rounding to real

struct Dims {
  tokens: u32,
  experts: u32,
  expert_groups: u32,
  groups: u32,         // GROUPS again: loop bounds known only at run time keep compilers from unrolling everything
  hold: f32,
  follow: f32,         // above 0, to 1
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(2) var<storage, read> z: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

const HIDDEN = 2u * GROUPS;
const HIDDEN_BIAS = HIDDEN + GROUPS * GROUPS * 4u;
const MIXTURE = HIDDEN_BIAS + GROUPS;
const MIXTURE_BIAS = MIXTURE + EXPERT_GROUPS * GROUPS * 4u;

const ABREAST = 256u / GROUPS;

// Of a share, from one frame to the next: noise moves them by less, a cut between clean and encoded by more.
const ANOTHER_KIND = 0.5;

// Whole numbers up to here are exact in f16.
const COUNTED = 2048.0;

// Sums of the tokens: [ABREAST][group]. Then the average, and behind it what the hidden layer makes of it.
var<workgroup> sums: array<vec4f, 256>;

fn row(matrix: u32, group: u32, x_at: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var g = 0u; g < dims.groups; g++) {
    let x = sums[x_at + g];
    let at = matrix + (group * GROUPS + g) * 4u;
    sum += weight(at) * x.x + weight(at + 1u) * x.y + weight(at + 2u) * x.z + weight(at + 3u) * x.w;
  }
  return sum;
}

fn largest(x: vec4f) -> f32 {
  return max(max(x.x, x.y), max(x.z, x.w));
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec4f(0.0);
  if (lane < ABREAST * GROUPS) {
    for (var at = lane; at < dims.tokens * GROUPS; at += ABREAST * GROUPS) {
      sum += vec4f(z[at]);
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane < GROUPS) {
    for (var i = lane + GROUPS; i < ABREAST * GROUPS; i += GROUPS) {
      sum += sums[i];
    }
  }
  workgroupBarrier();
  if (lane < GROUPS) {
    sums[lane] = (sum / f32(dims.tokens) - weight(lane)) * weight(GROUPS + lane);
  }
  workgroupBarrier();
  if (lane < GROUPS) {
    // Beyond 15 it is 1 in f32, and some compilers' tanh overflows.
    sums[GROUPS + lane] = tanh(clamp(row(HIDDEN, lane, 0u) + weight(HIDDEN_BIAS + lane), vec4f(-15.0), vec4f(15.0)));
  }
  workgroupBarrier();
  if (lane != 0u) {
    return;
  }

  var shares: array<vec4f, EXPERT_GROUPS>;
  var top = -3.0e38;
  for (var e = 0u; e < dims.expert_groups; e++) {
    let exists = vec4u(e * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(dims.experts);
    shares[e] = select(vec4f(-3.0e38), row(MIXTURE, e, GROUPS) + weight(MIXTURE_BIAS + e), exists);
    top = max(top, largest(shares[e]));
  }
  var total = 0.0;
  for (var e = 0u; e < dims.expert_groups; e++) {
    shares[e] = select(exp(shares[e] - top), vec4f(0.0), shares[e] == vec4f(-3.0e38));
    total += dot(shares[e], vec4f(1.0));
  }
  var jump = 0.0;
  for (var e = 0u; e < dims.expert_groups; e++) {
    shares[e] /= total;
    jump = max(jump, largest(abs(shares[e] - vec4f(y[EXPERT_GROUPS + e]))));
  }
  let count = min(select(f32(y[2u * EXPERT_GROUPS].y), 0.0, jump > ANOTHER_KIND) + 1.0, COUNTED);
  let follow = max(dims.follow, 1.0 / count);
  var away = 0.0;
  for (var e = 0u; e < dims.expert_groups; e++) {
    shares[e] = mix(vec4f(y[EXPERT_GROUPS + e]), shares[e], follow);
    y[EXPERT_GROUPS + e] = real4(shares[e]);
    away = max(away, largest(abs(shares[e] - vec4f(y[e]))));
  }
  let changes = away > dims.hold;
  if (changes) {
    for (var e = 0u; e < dims.expert_groups; e++) {
      y[e] = real4(shares[e]);
    }
  }
  y[2u * EXPERT_GROUPS] = real4(vec4f(select(0.0, 1.0, changes), count, 0.0, 0.0));
}
