// A kernel's weights in uniform memory, f32 at any precision: an index that is the same for all invocations then costs one load, not
// one an invocation. WEIGHTS is their number of groups of 4.

@group(0) @binding(1) var<uniform> weights: array<vec4f, WEIGHTS>;

fn weight(at: u32) -> vec4f {
  return weights[at];
}
