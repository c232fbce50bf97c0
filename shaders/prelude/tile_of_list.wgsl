// Where a workgroup works: those of a list run (shaders/upscale/tile_lists.wgsl), along x.

@group(1) @binding(0) var<storage, read> tiles: array<u32>;

fn tile_of(workgroup: vec3u) -> vec2u {
  let tile = tiles[workgroup.x];
  return vec2u(tile & 0xffffu, tile >> 16u);
}
