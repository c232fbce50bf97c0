// Whether a frame begins another shot than the one before it.
// in   frame: rgba, any size; linear: a bilinear sampler; state: luma of the frame before by cells of a grid of 16x16, and whether there
//      was one
// out  state: the number of cuts so far, counted up at a cut; the cells of this frame
// maths  luma of a cell (BT.709 weights on the sRGB bytes): mean of 6x6 bilinear samples. A cut: the mean difference of cells exceeds
//        LEAST_DIFFERENCE and their correlation (Pearson) is below MOST_ALIKE. A fade or a flash changes the level and keeps the
//        correlation; motion within a shot moves little from cell to cell
// grid  one workgroup, a thread a cell
// tolerance  of the sums: 1e-5 relative, eight f32 additions deep; the decision is exact away from the two thresholds

struct State {
  cuts: atomic<u32>,
  seen: u32,
  cells: array<f32, 256>,
}

@group(0) @binding(0) var frame: texture_2d<f32>;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var<storage, read_write> state: State;

const SIDE = 16u;
const ACROSS = 6u;
const LEAST_DIFFERENCE = 0.06;
const MOST_ALIKE = 0.5;

// Sums over cells: now, before, |now - before|; now², before², now · before.
var<workgroup> first: array<vec3<f32>, 256>;
var<workgroup> second: array<vec3<f32>, 256>;

fn cell_luma(cell: vec2<u32>) -> f32 {
  var sum = 0.0;
  for (var y = 0u; y < ACROSS; y++) {
    for (var x = 0u; x < ACROSS; x++) {
      let at = (vec2<f32>(cell) + (vec2<f32>(f32(x), f32(y)) + 0.5) / f32(ACROSS)) / f32(SIDE);
      sum += dot(textureSampleLevel(frame, linear, at, 0.0).rgb, vec3<f32>(0.2126, 0.7152, 0.0722));
    }
  }
  return sum / f32(ACROSS * ACROSS);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) index: u32) {
  let now = cell_luma(vec2<u32>(index % SIDE, index / SIDE));
  let before = state.cells[index];
  first[index] = vec3<f32>(now, before, abs(now - before));
  second[index] = vec3<f32>(now * now, before * before, now * before);
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (index < half) {
      first[index] += first[index + half];
      second[index] += second[index + half];
    }
  }
  state.cells[index] = now;
  if (index == 0u) {
    let mean = first[0] / 256.0;
    let moment = second[0] / 256.0;
    let variances = max(moment.xy - mean.xy * mean.xy, vec2<f32>(0.0));
    let covariance = moment.z - mean.x * mean.y;
    let alike = covariance > MOST_ALIKE * sqrt(variances.x * variances.y);
    if (state.seen == 1u && mean.z > LEAST_DIFFERENCE && !alike) {
      atomicAdd(&state.cuts, 1u);
    }
    state.seen = 1u;
  }
}
