// Which patches of a frame differ from the frame before, in any channel of any pixel. Encoders repeat what stands still bit for bit.
//
// in        one, other   textures of one size: the frame and the one before, in either order
// out       changed      a bit a patch: word [row][column / 32], bit column % 32
//           counts       the lists' arguments for dispatchWorkgroupsIndirect: their first words are set to 0
// consts    PATCH        side of a patch, pixels
// maths     everything != 0: all patches count as changed
// grid      32 x 2 x 1: x = patch columns, y = patch rows
// tolerance none: texels are compared as they are stored

struct Dims {
  size: vec2u,
  patches: vec2u,
  lists: u32,
  everything: u32,
}

struct Arguments {
  x: u32,
  y: u32,
  z: u32,
  padding: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var one: texture_2d<f32>;
@group(0) @binding(2) var other: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> changed: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<Arguments>;

var<workgroup> words: array<atomic<u32>, 2>;

fn differs(place: vec2u) -> bool {
  let first = place * PATCH;
  let end = min(first + PATCH, dims.size);
  for (var y = first.y; y < end.y; y++) {
    for (var x = first.x; x < end.x; x++) {
      if (any(textureLoad(one, vec2u(x, y), 0) != textureLoad(other, vec2u(x, y), 0))) {
        return true;
      }
    }
  }
  return false;
}

@compute @workgroup_size(32, 2)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) workgroup: vec3u,
) {
  if (all(workgroup.xy == vec2u(0u))) {
    for (var i = local.y * 32u + local.x; i < dims.lists; i += 64u) {
      counts[i].x = 0u;
    }
  }
  if (local.x == 0u) {
    atomicStore(&words[local.y], 0u);
  }
  workgroupBarrier();
  if (all(id.xy < dims.patches) && (dims.everything != 0u || differs(id.xy))) {
    atomicOr(&words[local.y], 1u << local.x);
  }
  workgroupBarrier();
  if (local.x == 0u && id.y < dims.patches.y) {
    changed[id.y * ((dims.patches.x + 31u) / 32u) + workgroup.x] = atomicLoad(&words[local.y]);
  }
}
