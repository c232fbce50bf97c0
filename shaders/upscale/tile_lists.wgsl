// The tiles that must run: those in whose rectangle of patches one has changed.
//
// in        changed   bits of shaders/upscale/changed_patches.wgsl
//           ranges    first patch in the low 16 bits, the one after the last in the high ones: of each list's columns, then of its rows
//           lists     for each list where its ranges and its tiles begin, and its columns and rows
// out       tiles     for each list from its place on: column in the low 16 bits, row in the high ones, in no particular order
//           counts    the lists' arguments for dispatchWorkgroupsIndirect; their first words, 0 before, count the tiles
// grid      64 x 1 x 1: x = tile of a list, row by row; y of the workgroup = list
// tolerance none

struct Dims {
  patches: vec2u,
}

struct List {
  ranges_at: u32,
  tiles_at: u32,
  size: vec2u,
}

struct Arguments {
  x: atomic<u32>,
  y: u32,
  z: u32,
  padding: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> changed: array<u32>;
@group(0) @binding(2) var<storage, read> ranges: array<u32>;
@group(0) @binding(3) var<storage, read> lists: array<List>;
@group(0) @binding(4) var<storage, read_write> tiles: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<Arguments>;

var<workgroup> found: atomic<u32>;
var<workgroup> first: u32;

fn range_at(index: u32) -> vec2u {
  let range = ranges[index];
  return vec2u(range & 0xffffu, range >> 16u);
}

// Bits [range.x, range.y) of a row, as far as they lie in this word of it.
fn mask(word: u32, range: vec2u) -> u32 {
  let low = max(range.x, word * 32u) - word * 32u;
  let high = min(range.y, word * 32u + 32u) - word * 32u;
  return (0xffffffffu >> (32u - (high - low))) << low;
}

fn any_changed(columns: vec2u, rows: vec2u) -> bool {
  if (columns.x >= columns.y) {
    return false;
  }
  let words = (dims.patches.x + 31u) / 32u;
  for (var row = rows.x; row < rows.y; row++) {
    for (var word = columns.x / 32u; word * 32u < columns.y; word++) {
      if ((changed[row * words + word] & mask(word, columns)) != 0u) {
        return true;
      }
    }
  }
  return false;
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) workgroup: vec3u,
) {
  if (local.x == 0u) {
    atomicStore(&found, 0u);
  }
  workgroupBarrier();
  let list = lists[workgroup.y];
  let tile = vec2u(id.x % list.size.x, id.x / list.size.x);
  var runs = false;
  if (tile.y < list.size.y) {
    runs = any_changed(range_at(list.ranges_at + tile.x), range_at(list.ranges_at + list.size.x + tile.y));
  }
  var place = 0u;
  if (runs) {
    place = atomicAdd(&found, 1u);
  }
  workgroupBarrier();
  if (local.x == 0u) {
    first = atomicAdd(&counts[workgroup.y].x, atomicLoad(&found));
  }
  workgroupBarrier();
  if (runs) {
    tiles[list.tiles_at + first + place] = tile.x | (tile.y << 16u);
  }
}
