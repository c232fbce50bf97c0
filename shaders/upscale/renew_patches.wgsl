// Where the weights that the rest of a plan reads have just changed, all patches count as changed: none of what was computed stays. The
// lists are empty again either way.
//
// in        mixture    the output of shaders/engine/expert_mixture.wgsl; its last group begins with 1 where it has just changed
// out       changed    bits of shaders/upscale/changed_patches.wgsl
//           counts     the lists' arguments for dispatchWorkgroupsIndirect: their first words are set to 0
// grid      one workgroup of 64
// tolerance none

struct Dims {
  words: u32,          // of changed
  lists: u32,
}

struct Arguments {
  x: u32,
  y: u32,
  z: u32,
  padding: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> mixture: array<real4>;
@group(0) @binding(2) var<storage, read_write> changed: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<Arguments>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < dims.lists; i += 64u) {
    counts[i].x = 0u;
  }
  if (mixture[arrayLength(&mixture) - 1u].x == 0.0) {
    return;
  }
  for (var i = lane; i < dims.words; i += 64u) {
    changed[i] = 0xffffffffu;
  }
}
