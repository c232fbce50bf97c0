// Where a workgroup works: all of a grid run.

fn tile_of(workgroup: vec3u) -> vec2u {
  return workgroup.xy;
}
