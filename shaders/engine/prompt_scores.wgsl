// y[n, p] = how probably row n shows prompt p: a softmax of its own logit against those of the distractors that are not p's kin.
//
// in        logits    real4[]   nhwc4 [rows, groups of prompts + distractors]: cosines, prompts first
//           rivals    real4[]   nhwc4 [prompts, groups of distractors]: 1 where a distractor counts against the prompt, else 0
// out       y         real4[]   nhwc4 [rows, groups of prompts]
// maths     y = 1 / (1 + sum over d of rivals[p, d] * exp(temperature * (logits[n, prompts + d] - logits[n, p])));
//           exponents are cut at 80, where y is 0 for every storage
// grid      64 x 1 x 1 over rows * groups of prompts, groups fastest, folded into rows of `stride`
// tolerance each exponential: 3 + 2 |exponent| ULP (WGSL §15.7.4.1) and the error of the exponent itself; see the test

struct Dims {
  prompts: u32,
  distractors: u32,
  logit_groups: u32,
  rival_groups: u32,
  out_groups: u32,
  count: u32,
  stride: u32,
  temperature: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> logits: array<real4>;
@group(0) @binding(2) var<storage, read> rivals: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

fn probability(row: u32, prompt: u32) -> f32 {
  let first = row * dims.logit_groups;
  let own = f32(logits[first + prompt / 4u][prompt % 4u]);
  var against = 0.0;
  for (var d = 0u; d < dims.distractors; d++) {
    let at = dims.prompts + d;
    let other = f32(logits[first + at / 4u][at % 4u]);
    let rival = f32(rivals[prompt * dims.rival_groups + d / 4u][d % 4u]);
    against += rival * exp(min(dims.temperature * (other - own), 80.0));
  }
  return 1.0 / (1.0 + against);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let row = i / dims.out_groups;
  let group = i % dims.out_groups;
  var value = vec4f(0.0);
  for (var lane = 0u; lane < 4u; lane++) {
    let prompt = group * 4u + lane;
    if (prompt < dims.prompts) {
      value[lane] = probability(row, prompt);
    }
  }
  y[i] = real4(value);
}
